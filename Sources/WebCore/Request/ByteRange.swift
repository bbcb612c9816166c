/// The part of a file that a request wants (RFC 9110, `Range`): one range of bytes. What cannot be understood, and more than one
/// range, is passed over, as the standard allows: the answer is the whole file.
package enum ByteRange: Sendable, Equatable {
    case whole
    /// Bytes from `from` to `through`, counted from 0.
    case part(from: Int64, through: Int64)
    /// No byte of the file is wanted.
    case unsatisfiable

    /// - Parameters:
    ///   - header: the field's value; nil wants the whole.
    ///   - size: of the file, in bytes.
    package init(_ header: String?, size: Int64) {
        guard let header, header.utf8.count <= 100, header.lowercased().hasPrefix("bytes=") else {
            self = .whole
            return
        }
        let ends = header.dropFirst("bytes=".count).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else {
            self = .whole
            return
        }
        let (first, last) = (Self.number(ends[0]), Self.number(ends[1]))
        switch (first, last) {
        case (let first?, nil): self = first < size ? .part(from: first, through: size - 1) : .unsatisfiable
        case (let first?, let last?) where first <= last:
            self = first < size ? .part(from: first, through: min(last, size - 1)) : .unsatisfiable
        // The last bytes, as many as are said.
        case (nil, let count?): self = count > 0 && size > 0 ? .part(from: max(0, size - count), through: size - 1) : .unsatisfiable
        case (nil, nil), (_?, _?): self = .whole
        }
    }

    /// Nil for no digits; one that is too large is behind every file.
    private static func number(_ digits: Substring) -> Int64? {
        digits.isEmpty ? nil : Int64(digits) ?? .max
    }
}
