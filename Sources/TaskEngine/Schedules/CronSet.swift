/// The numbers that one field of a cron expression allows: bits of a word.
struct CronSet: Sendable, Equatable {
    private(set) var bits: UInt64 = 0

    init() {}

    init(_ numbers: some Sequence<Int>) {
        for number in numbers { insert(number) }
    }

    init(bits: UInt64) {
        self.bits = bits
    }

    mutating func insert(_ number: Int) { bits |= 1 << UInt64(number) }

    func contains(_ number: Int) -> Bool { bits & (1 << UInt64(number)) != 0 }

    var isEmpty: Bool { bits == 0 }

    var count: Int { bits.nonzeroBitCount }

    /// The least one; 0 when there is none.
    var first: Int { isEmpty ? 0 : bits.trailingZeroBitCount }

    /// The least one that is not below `number`.
    func next(from number: Int) -> Int? {
        let rest = number > 63 ? 0 : bits & (~0 << UInt64(number))
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }

    /// Ascending.
    var numbers: [Int] { (0..<64).filter(contains) }
}
