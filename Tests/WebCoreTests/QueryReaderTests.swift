import Hummingbird
import Testing
import WebCore

@Suite("Query parameters")
struct QueryReaderTests {
    @Test("parameters are decoded and typed")
    func values() throws {
        var query = QueryReader(.testing("/x?name=a%20b+c%2B&n=-5&flag=true&tag=x&tag=y&at=2026-01-02T03:04:05Z&empty=&bare&state=queued"))
        #expect(query.string("name") == "a b c+")
        #expect(query.int("n", in: -10...10) == -5)
        #expect(query.bool("flag") == true)
        #expect(query.strings("tag") == ["x", "y"])
        #expect(query.time("at") == 1_767_323_045_000_000)
        #expect(query.string("empty") == nil)
        #expect(query.string("bare") == nil)
        #expect(query.string("state", oneOf: ["queued", "running"]) == "queued")
        #expect(query.string("missing") == nil)
        try query.finish()
    }

    @Test("an offset whose plus sign was not escaped is understood", arguments: ["+02:00", "%2B02:00"])
    func offset(_ offset: String) throws {
        var query = QueryReader(.testing("/x?after=2026-01-02T05:04:05\(offset)"))
        #expect(query.time("after") == 1_767_323_045_000_000)
        try query.finish()
    }

    @Test("every problem is named, unknown parameters too")
    func problems() {
        var query = QueryReader(.testing("/x?n=11&n2=x&flag=yes&at=now&state=nope&once=1&once=2&surplus=1&long=abcdef"))
        _ = query.int("n", in: 0...10)
        _ = query.int("n2", in: 0...10)
        _ = query.bool("flag")
        _ = query.time("at")
        _ = query.string("state", oneOf: ["queued"])
        _ = query.string("once")
        _ = query.string("long", maxLength: 5)
        let problem = #expect(throws: Problem.self) { try query.finish() }
        #expect(problem?.code == .invalidQuery)
        #expect(problem?.errors.map(\.pointer) == ["?n", "?n2", "?flag", "?at", "?state", "?once", "?long", "?surplus"])
    }

    @Test("what cannot be decoded is a problem", arguments: ["a=%", "a=%4", "a=%GG", "a=%FF", "%FF=1"])
    func undecodable(_ text: String) {
        var query = QueryReader(.testing("/x?\(text)"))
        _ = query.string("a")
        #expect(throws: Problem.self) { try query.finish() }
    }

    @Test("more parameters than anyone needs are refused")
    func tooMany() {
        var query = QueryReader(.testing("/x?" + (0..<1000).map { _ in "tag=x" }.joined(separator: "&")))
        #expect(query.strings("tag").count == 100)
        #expect(throws: Problem.self) { try query.finish() }
    }

    @Test("a list has 50 rows unless the client says otherwise")
    func limits() throws {
        var query = QueryReader(.testing("/x"))
        let page = query.page(of: "tasks")
        try query.finish()
        #expect(page.limit == 50)
        #expect(page.fetchLimit == 51)
        #expect(page.afterID == nil)
        var other = QueryReader(.testing("/x?limit=500"))
        #expect(other.page(of: "tasks").limit == 500)
    }

    @Test("a limit outside 1 to 500 is refused", arguments: ["0", "501", "-1", "x", "1.5", "99999999999999999999"])
    func badLimits(_ limit: String) {
        var query = QueryReader(.testing("/x?limit=\(limit)"))
        _ = query.page(of: "tasks")
        let problem = #expect(throws: Problem.self) { try query.finish() }
        #expect(problem?.errors.map(\.pointer) == ["?limit"])
    }
}
