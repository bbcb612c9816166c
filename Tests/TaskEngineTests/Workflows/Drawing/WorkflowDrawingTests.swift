import Foundation
import TaskEngine
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite("Drawings of workflows", .timeLimit(.minutes(1)))
struct WorkflowDrawingTests {
    /// How often a text occurs in a drawing.
    private func count(_ text: String, in svg: String) -> Int { svg.components(separatedBy: text).count - 1 }

    private func drawing(_ text: String, _ marks: [WorkflowDrawing.Mark] = []) throws -> String {
        WorkflowDrawing(try WorkflowFixtures.plan(text, rules: .stored), marks: marks).svg
    }

    /// The text of each element of a name, read by an XML parser, which refuses what is not well formed.
    private func texts(_ element: String, in svg: String) throws -> [String] {
        let reader = Reader(element)
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = reader
        try #require(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "") in line \(parser.lineNumber)")
        return reader.texts
    }

    private final class Reader: NSObject, XMLParserDelegate {
        let element: String
        var texts: [String] = []
        private var text: String?

        init(_ element: String) { self.element = element }

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?, attributes: [String: String]
        ) {
            if name == element { text = "" }
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) { text? += string }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
            guard name == element, let found = text else { return }
            texts.append(found)
            text = nil
        }
    }

    @Test("every state has a word, a sign and a class of its own")
    func states() throws {
        let states = TaskState.allCases
        let text = WorkflowFixtures.text(states.map { ("node-\($0.rawValue)", []) })
        let svg = try drawing(text, states.map { WorkflowDrawing.Mark(state: $0) })
        let signs = Set(svg.components(separatedBy: "class=\"mr-sign\" d=\"").dropFirst().map { $0.prefix { $0 != "\"" } })
        #expect(signs.count == states.count)
        let words = try texts("text", in: svg)
        for state in states {
            #expect(svg.contains("<g class=\"mr-node mr-\(state.rawValue)\""))
            #expect(words.contains("\(state.rawValue) · demo.noop"))
            #expect(count(".mr-\(state.rawValue){", in: svg) == 2, "one colour for light, one for dark")
        }
        #expect(try texts("desc", in: svg).first?.hasPrefix("8 nodes on 1 level: 1 skipped, 1 cancelled, 1 failed") == true)
    }

    @Test("each node says in its title what it is, how it is and what it waits for")
    func titles() throws {
        let svg = try drawing(
            WorkflowFixtures.everything, [.init(state: .succeeded), .init(state: .running, note: "3 of 10"), .init(state: .waiting)])
        #expect(
            try texts("title", in: svg) == [
                "security-scan", "scan · succeeded · scan.run", "hosts · running, 3 of 10 · scan.host · after scan",
                "approve · waiting · event approved · after scan", "pause · sleep 5 s · after approve",
                "report · workflow report@3 · after hosts, pause",
            ])
        #expect(try texts("desc", in: svg) == ["5 nodes on 4 levels: 1 succeeded, 1 running, 1 waiting"])
    }

    @Test("text from outside cannot become markup")
    func escaping() throws {
        let text =
            #"{"name": "w", "nodes": [{"id": "a", "task": "<script>alert('x')</script>&\"\u0007"}, {"id": "b", "wait_event": {"name": "</title><x/>\u0000\ufffe\n"}}]}"#
        let svg = try drawing(text, [.init(state: .running, note: "<b>")])
        #expect(!svg.contains("<script") && !svg.contains("<x/>") && !svg.contains("<b>"))
        #expect(
            try texts("title", in: svg).dropFirst() == [
                "a · running, <b> · <script>alert('x')</script>&\"\u{FFFD}", "b · event </title><x/>\u{FFFD}\u{FFFD} ",
            ])
    }

    @Test("equal plans give equal drawings, each level right of the one before")
    func deterministic() throws {
        let text = WorkflowFixtures.text([("d", ["b", "c"]), ("b", ["a"]), ("c", ["a"]), ("a", [])])
        #expect(try drawing(text) == drawing(text))
        let places = try drawing(text).components(separatedBy: "translate(").dropFirst().compactMap { Int($0.prefix { $0 != " " }) }
        #expect(places == [24, 304, 304, 584])
        #expect(try count("marker-end", in: drawing(text)) == 4)
    }

    @Test("nodes stand beside their parents, so that straight chains do not cross")
    func crossings() throws {
        let svg = try drawing(
            WorkflowFixtures.text([
                ("a1", []), ("b1", []), ("c1", []), ("c2", ["c1"]), ("b2", ["b1"]), ("a2", ["a1"]), ("b3", ["b2"]), ("a3", ["a2"]),
                ("c3", ["c2"]),
            ]))
        #expect(try texts("text", in: svg).filter { $0.count == 2 } == ["a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3"])
    }

    @Test("a line that crosses a level passes between its boxes")
    func lanes() throws {
        // a → b → c → d, a → c, a → d: the lines to c and d share the lane beside b.
        let svg = try drawing(WorkflowFixtures.text([("a", []), ("b", ["a"]), ("c", ["b", "a"]), ("d", ["c", "a"])]))
        // The three lines of the chain; to the lane, along it, on to c and to the next lane, along that, and to d.
        #expect(count("class=\"mr-edge\"", in: svg) == 3 + 6 && count("marker-end", in: svg) == 5)
        let boxes = svg.components(separatedBy: "translate(").dropFirst().map { $0.prefix { $0 != ")" } }
        #expect(boxes == ["24 35", "304 24", "584 24", "864 35"] || boxes == ["24 35", "304 46", "584 46", "864 35"], "\(boxes)")
    }

    @Test("full levels share junctions: lines for boxes, not for edges")
    func junctions() throws {
        let svg = try drawing(WorkflowFixtures.layers(20, width: 50))
        #expect(count("class=\"mr-join\"", in: svg) == 19 && count("class=\"mr-edge\"", in: svg) == 19 * 100)
        #expect(count("<g class", in: svg) == 1000 && !svg.contains("not drawn"))
        #expect(svg.utf8.count < 1_000_000)
    }

    @Test("a level that is too long ends in a count, and what failed stays in sight")
    func longLevel() throws {
        let text = WorkflowFixtures.text((0..<10_000).map { ("n\($0)", []) })
        var marks = Array(repeating: WorkflowDrawing.Mark(state: .succeeded), count: 10_000)
        marks[9_000] = .init(state: .failed)
        marks[9_500] = .init(state: .running)
        let svg = try drawing(text, marks)
        #expect(count("<g class", in: svg) == 50)
        let words = try texts("text", in: svg)
        #expect(words.contains("n9000") && words.contains("n9500") && words.contains("+9951 more") && words.contains("9951 succeeded"))
        #expect(try texts("title", in: svg).last == "9951 more nodes: 9951 succeeded")
    }

    @Test("the drawing of 10,000 nodes with as many edges as fit is bounded")
    func bounded() throws {
        var random = WorkflowRandom(seed: 7)
        let nodes = (0..<10_000).map { node in
            (
                id: "n\(node)",
                parents: Set(node < 100 ? [] : (0..<10).map { _ in "n\(node / 100 * 100 - 1 - Int.random(in: 0..<100, using: &random))" })
                    .sorted()
            )
        }
        let svg = try drawing(WorkflowFixtures.text(nodes))
        #expect(count("<g class", in: svg) == 1500 && count("class=\"mr-edge\"", in: svg) <= 4000)
        #expect(try texts("desc", in: svg).first?.contains("lines are not drawn") == true)
        #expect(svg.utf8.count < 2_000_000)
    }

    @Test("long names are shortened in the box and whole in the title")
    func longNames() throws {
        let id = String(repeating: "x", count: 100)
        let svg = try drawing(WorkflowFixtures.text([(id, [])]))
        #expect(try texts("text", in: svg).first == String(repeating: "x", count: 21) + "…")
        #expect(try texts("title", in: svg).last == "\(id) · demo.noop")
    }
}
