import Testing
import Workloads

@Suite("What is too long is cut and recorded")
struct ConfLimitsTests {
    private var small: ConfLimits {
        var limits = ConfLimits()
        limits.valueBytes = 8
        limits.lineBytes = 32
        return limits
    }

    @Test("a value is cut at its limit, before the character that would pass it")
    func value() {
        let scanned = ScannedConf("[a]\nx = 12345678\ny = 123456789\nz = 1234567é\n", limits: small)
        #expect(scanned.items == ["1 [a]", "2 x=12345678", "3 y=12345678", "4 z=1234567"])
        #expect(scanned.problems == ["3 value_too_long", "4 value_too_long"])
    }

    @Test("a value over many lines is cut too, and what follows it is read")
    func joinedValue() {
        let scanned = ScannedConf("x = 1234\\\n5678\\\n9\ny = 1\n", limits: small)
        #expect(scanned.items == ["1 x=1234\n567", "4 y=1"])
        #expect(scanned.problems == ["1 value_too_long"])
    }

    @Test("a name is cut at the limit of values")
    func name() {
        let scanned = ScannedConf("[123456789]\n123456789 = 1\n", limits: small)
        #expect(scanned.items == ["1 [12345678]", "2 12345678=1"])
        #expect(scanned.problems == ["1 name_too_long", "2 name_too_long"])
    }

    @Test("a long line is cut, and still continues if its real end is a backslash")
    func line() {
        let long = String(repeating: "1", count: 40)
        let scanned = ScannedConf("x = \(long)\\\ny = 2\nz = 3\n# \(long)\n", limits: small)
        #expect(scanned.items == ["1 x=11111111", "3 z=3"])
        #expect(scanned.problems == ["1 line_too_long", "1 value_too_long", "4 line_too_long"])
    }

    @Test("the default limits are those of the documents")
    func defaults() {
        let limits = ConfLimits()
        #expect(limits.valueBytes == 1 << 20)
        #expect(limits.lineBytes == 8 << 20)
        let scanned = ScannedConf("x = " + String(repeating: "v", count: (1 << 20) + 1))
        #expect(scanned.problems == ["1 value_too_long"])
        #expect(scanned.items.first?.utf8.count == (1 << 20) + 4)
    }

    @Test("problems beyond their limit are counted only")
    func problems() {
        var limits = ConfLimits()
        limits.problems = 3
        let scanned = ScannedConf(String(repeating: "= 1\n", count: 10), limits: limits)
        #expect(scanned.problems == ["1 empty_key", "2 empty_key", "3 empty_key"])
        #expect(scanned.omittedProblems == 7)
    }
}
