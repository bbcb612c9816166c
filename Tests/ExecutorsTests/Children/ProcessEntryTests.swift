import Executors
import Foundation
import Testing

@Suite("Processes as /proc shows them")
struct ProcessEntryTests {
    private static let rest = " S 7 8 9 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 3 0 4242 1000000 500 18446744073709551615"

    @Test(
        "are read whatever a program calls itself",
        arguments: ["sleep", "a b", "(((", ")", ") Z 1 1 1", "a) S 99 99 99 99", "new\nline", "", "é\u{FFFD}"])
    func name(name: String) throws {
        let entry = try #require(ProcessEntry(stat: "123 (\(name))\(Self.rest)\n"))
        #expect(entry.pid == 123 && entry.parent == 7 && entry.session == 9 && entry.startTime == 4242 && !entry.isZombie)
    }

    @Test("a zombie is known as one")
    func zombie() throws {
        #expect(try #require(ProcessEntry(stat: "5 (x)" + Self.rest.replacing(" S ", with: " Z "))).isZombie)
    }

    @Test("anything else is none", arguments: ["", "1", "1 (x)", "1 (x) S 1 2", "x (y)" + rest, ")1 (" + rest])
    func none(text: String) {
        #expect(ProcessEntry(stat: text) == nil)
    }

    @Test("a marker names its owner, and only an owner that is gone makes an orphan")
    func marker() throws {
        let own = ChildMarker(serial: 3)
        #expect(ChildMarker(own.text) == own && own.owner == getpid())
        #if os(Linux)
        #expect(!own.isOrphan)
        // The number of a living process, and another start: it was used again.
        #expect(try #require(ChildMarker("\(getpid()):\(own.ownerStart + 1):3")).isOrphan)
        #expect(try #require(ChildMarker("2147483646:1:1")).isOrphan)
        #endif
    }

    @Test("what is no marker is none", arguments: ["", "1", "1:2", "1:2:3:4", "a:2:3", "1:-2:3", "1:2:", "::"])
    func noMarker(text: String) {
        #expect(ChildMarker(text) == nil)
    }
}
