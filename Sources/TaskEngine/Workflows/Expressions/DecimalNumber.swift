/// A JSON number for comparing: exact for any number of digits, where a double would take neighbours for equal.
struct DecimalNumber {
    /// Without leading and trailing zeros; empty for zero.
    private let digits: ArraySlice<UInt8>
    private let isNegative: Bool
    /// The number is 0.digits × 10^exponent.
    private let exponent: Int

    /// - Parameter text: a number as RFC 8259 has it.
    init(_ text: String) {
        var mantissa: [UInt8] = []
        var pointAt: Int?
        var written = text.utf8[...]
        isNegative = written.first == UInt8(ascii: "-")
        if isNegative { written.removeFirst() }
        while let byte = written.first, byte != UInt8(ascii: "e"), byte != UInt8(ascii: "E") {
            if byte == UInt8(ascii: ".") { pointAt = mantissa.count } else { mantissa.append(byte) }
            written.removeFirst()
        }
        let leading = mantissa.prefix { $0 == UInt8(ascii: "0") }.count
        var rest = mantissa[leading...]
        while rest.last == UInt8(ascii: "0") { rest.removeLast() }
        digits = rest
        exponent = Self.exponent(written.dropFirst()) + (pointAt ?? mantissa.count) - leading
    }

    /// Below 0 when this is less, 0 when both are equal, above 0 when it is greater.
    func order(against other: DecimalNumber) -> Int {
        if sign != other.sign { return sign < other.sign ? -1 : 1 }
        return sign * magnitudeOrder(against: other)
    }

    private var sign: Int { digits.isEmpty ? 0 : isNegative ? -1 : 1 }

    private func magnitudeOrder(against other: DecimalNumber) -> Int {
        if exponent != other.exponent, !digits.isEmpty { return exponent < other.exponent ? -1 : 1 }
        if digits.elementsEqual(other.digits) { return 0 }
        return digits.lexicographicallyPrecedes(other.digits) ? -1 : 1
    }

    /// An exponent that no computer could write out counts as the largest.
    private static func exponent(_ text: Substring.UTF8View) -> Int {
        guard !text.isEmpty else { return 0 }
        let isNegative = text.first == UInt8(ascii: "-")
        let limit = Int.max / 4
        var value = 0
        for byte in text where byte != UInt8(ascii: "-") && byte != UInt8(ascii: "+") {
            value = min(value * 10 + Int(byte - UInt8(ascii: "0")), limit / 10)
        }
        return isNegative ? -value : value
    }
}
