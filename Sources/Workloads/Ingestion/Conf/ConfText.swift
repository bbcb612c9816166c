/// A piece of a configuration file as the scanner found it: bytes and how to read them. A view, valid until the scanner
/// moves on; take ``string`` (or append it as JSON) before that.
package struct ConfText {
    /// How the bytes of a file stand for characters. Both are supersets of ASCII, so that the scanner need not care.
    package enum Encoding: Sendable {
        /// Well-formed UTF-8; the whole file was checked.
        case utf8
        /// Windows code page 1252, the fallback for files that are not UTF-8.
        case windows1252
    }

    /// The bytes, without a terminator.
    package let bytes: UnsafeRawBufferPointer
    /// How to read them.
    package let encoding: Encoding

    /// A view of `bytes`.
    package init(_ bytes: UnsafeRawBufferPointer, _ encoding: Encoding) {
        self.bytes = bytes
        self.encoding = encoding
    }

    /// The text as a string of its own; NUL becomes U+FFFD.
    package var string: String {
        switch encoding {
        case .windows1252:
            return Windows1252.text(of: bytes)
        case .utf8:
            let text = String(decoding: bytes, as: UTF8.self)
            guard bytes.firstIndex(ofByte: 0) != nil else { return text }
            return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
        }
    }
}
