import Executors
import Testing

@Suite("What a child prints")
struct OutputCollectorTests {
    @Test("comes as lines, however it is cut, and the last one without an end too")
    func lines() {
        var output = OutputCollector()
        #expect(output.add(Array("one\ntw".utf8)) == ["one"])
        #expect(output.add(Array("o\n\nthree".utf8)) == ["two"])
        #expect(output.flush() == ["three"])
        #expect(output.flush() == [])
        #expect(output.end == "one\ntwo\n\nthree")
    }

    @Test("is kept up to a limit, with a line that says so once, and its end is known all the same")
    func limit() {
        var output = OutputCollector()
        var lines: [String] = []
        let text = Array((String(repeating: "x", count: 99) + "\n").utf8)
        for _ in 0..<10_000 { lines += output.add(text) }
        #expect(output.isFull)
        #expect(lines.count { $0.contains("not kept any more") } == 1 && lines.last?.contains("not kept any more") == true)
        #expect(lines.reduce(0) { $0 + $1.utf8.count } < OutputCollector.mostBytes + 1000)
        _ = output.add(Array("Fatal error: the end\n".utf8))
        #expect(output.end.hasSuffix("Fatal error: the end"))
        #expect(output.end.utf8.count <= OutputCollector.tailBytes)
    }

    @Test("a line without end is cut, and bytes that are no text are shown as such")
    func hostile() {
        var output = OutputCollector()
        let lines = output.add([UInt8](repeating: 0xFF, count: 3 * OutputCollector.longestLine + 1))
        #expect(lines.count == 3)
        #expect(output.flush() == ["\u{FFFD}"])
    }
}
