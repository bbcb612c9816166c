import Testing
import WebCore

@Suite("Ranges of bytes")
struct ByteRangeTests {
    @Test(
        "one range is understood, and what is not is passed over",
        arguments: [
            (nil, .whole), ("bytes=0-", .part(from: 0, through: 9)), ("bytes=3-5", .part(from: 3, through: 5)),
            ("Bytes=9-99", .part(from: 9, through: 9)), ("bytes=-4", .part(from: 6, through: 9)), ("bytes=-99", .part(from: 0, through: 9)),
            ("bytes=10-", .unsatisfiable), ("bytes=-0", .unsatisfiable), ("bytes=99999999999999999999-", .unsatisfiable),
            ("bytes=5-3", .whole), ("bytes=", .whole), ("bytes=-", .whole), ("bytes=0-1,3-4", .whole), ("items=0-1", .whole),
            ("bytes=+1-2", .whole), ("bytes=a-b", .whole),
        ] as [(String?, ByteRange)])
    func parses(header: String?, expected: ByteRange) {
        #expect(ByteRange(header, size: 10) == expected)
    }

    @Test("nothing of an empty file can be had")
    func empty() {
        #expect(ByteRange("bytes=0-", size: 0) == .unsatisfiable)
        #expect(ByteRange("bytes=-1", size: 0) == .unsatisfiable)
    }
}
