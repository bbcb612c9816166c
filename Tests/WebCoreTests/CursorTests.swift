import Hummingbird
import Testing
import WebCore

@Suite("Cursors")
struct CursorTests {
    private func page(_ cursor: String, list: String = "tasks", keys: [CursorKeyKind] = [.int]) throws -> PageRequest {
        var query = QueryReader(.testing("/tasks?cursor=\(cursor)"))
        let page = query.page(of: list, keys: keys)
        try query.finish()
        return page
    }

    @Test("a cursor comes back with its keys")
    func roundTrip() throws {
        let page = try page(Cursor("stanzas", .text("a/é \"b\""), .int(.max)).text, list: "stanzas", keys: [.text, .int])
        #expect(page.cursor?.text(0) == "a/é \"b\"")
        #expect(page.cursor?.int(1) == .max)
        #expect(try self.page(Cursor("tasks", id: 42).text).afterID == 42)
    }

    @Test(
        "a cursor that is not ours is a 400",
        arguments: [
            "x", "!!!!", "WzEsInRhc2tzIiw0Ml0=", "W10", Base64URL.encode(Array("[2,\"tasks\",42]".utf8)),
            Base64URL.encode(Array("[1,\"runs\",42]".utf8)),
            Base64URL.encode(Array("[1,\"tasks\",\"42\"]".utf8)), Base64URL.encode(Array("[1,\"tasks\",42,43]".utf8)),
            Base64URL.encode(Array("{\"a\":1}".utf8)), Base64URL.encode([0xFF, 0xFE]), String(repeating: "A", count: 2000),
        ])
    func refuses(_ text: String) {
        let problem = #expect(throws: Problem.self) { try page(text) }
        #expect(problem?.code == .invalidCursor)
        #expect(problem?.errors.map(\.pointer) == ["?cursor"])
    }

    @Test(
        "base64url follows the vectors of RFC 4648 without padding",
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
        ])
    func base64(_ plain: String, _ encoded: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
        #expect(Base64URL.decode(encoded) == Array(plain.utf8))
    }

    @Test(
        "base64url refuses padding, foreign characters, impossible lengths and leftover bits",
        arguments: ["Zg==", "Z", "Zh", "Zm9", "+/", "Z g"])
    func refusesBase64(_ text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test("every byte survives base64url")
    func allBytes() {
        let bytes = Array(UInt8.min...UInt8.max)
        #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        #expect(!Base64URL.encode(bytes).contains("+") && !Base64URL.encode(bytes).contains("/"))
    }
}
