/// What a stanza of a .meta file is about: `[]` the whole app, `[type]` all objects of a type, `[type/object]` one object.
package struct MetaObject: Sendable, Equatable {
    /// The type (`views`, `savedsearches`, …), percent-decoded; empty for the whole app.
    package let type: String
    /// The object's name, percent-decoded; nil if the stanza is about more than one object.
    package let name: String?

    /// Reads a stanza name. Percent signs that start no two hexadecimal digits stay; NUL becomes U+FFFD.
    package init(stanzaName: String) {
        if let slash = stanzaName.utf8.firstIndex(of: UInt8(ascii: "/")) {
            type = Self.percentDecoded(stanzaName[..<slash])
            name = Self.percentDecoded(stanzaName[stanzaName.utf8.index(after: slash)...])
        } else {
            type = Self.percentDecoded(stanzaName[...])
            name = nil
        }
    }

    private static func percentDecoded(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        let source = Array(text.utf8)
        var decoded: [UInt8] = []
        decoded.reserveCapacity(source.count)
        var index = 0
        while index < source.count {
            if source[index] == UInt8(ascii: "%"), index + 2 < source.count, let high = hexDigit(source[index + 1]),
                let low = hexDigit(source[index + 2])
            {
                let byte = high << 4 | low
                if byte == 0 { decoded += [0xEF, 0xBF, 0xBD] } else { decoded.append(byte) }
                index += 3
            } else {
                decoded.append(source[index])
                index += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
