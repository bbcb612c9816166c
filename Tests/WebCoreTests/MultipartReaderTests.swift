import NIOCore
import Testing
import WebCore

@Suite("Multipart bodies")
struct MultipartReaderTests {
    /// A part with everything that was read of it.
    struct Part: Equatable {
        var name: String
        var filename: String?
        var contentType: String?
        var data: String
    }

    /// Feeds a body in the given pieces and puts the events together, checking their order.
    private func read(_ pieces: [ArraySlice<UInt8>], boundary: String, limits: MultipartLimits = .init()) throws -> [Part] {
        var reader = try MultipartReader(boundary: boundary, limits: limits)
        var parts: [Part] = []
        var data: [UInt8]?
        var hasEnded = false
        for piece in pieces {
            for event in try reader.read(ByteBuffer(bytes: piece)) {
                #expect(!hasEnded)
                switch event {
                case .part(let part):
                    #expect(data == nil)
                    data = []
                    parts.append(Part(name: part.name, filename: part.filename, contentType: part.contentType, data: ""))
                case .data(let buffer):
                    #expect(buffer.readableBytes > 0)
                    data?.append(contentsOf: buffer.readableBytesView)
                case .partEnd:
                    parts[parts.count - 1].data = String(decoding: try #require(data), as: UTF8.self)
                    data = nil
                case .end:
                    #expect(data == nil)
                    hasEnded = true
                }
            }
        }
        try reader.finish()
        return parts
    }

    private func read(_ body: String, boundary: String = "b", limits: MultipartLimits = .init()) throws -> [Part] {
        try read([Array(body.utf8)[...]], boundary: boundary, limits: limits)
    }

    private func error(_ body: String, boundary: String = "b", limits: MultipartLimits = .init()) -> MultipartError? {
        #expect(throws: MultipartError.self) { try read(body, boundary: boundary, limits: limits) }
    }

    /// Bodies in the manner of RFC 2046, section 5.1.1, and RFC 7578, with line breaks as on the wire.
    private static let examples: [(boundary: String, body: String, parts: [Part])] = [
        (
            "simple boundary",
            "This is the preamble. It is to be ignored.\r\n--simple boundary\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"
                + "This is implicitly typed plain text.\r\nIt does NOT end with a linebreak.\r\n--simple boundary\r\n"
                + "Content-type: text/plain; charset=us-ascii\r\ncontent-disposition: form-data; name=b\r\n\r\n"
                + "This is explicitly typed plain text.\r\nIt DOES end with a linebreak.\r\n\r\n--simple boundary--\r\n\r\nThis is the epilogue.\r\n",
            [
                Part(name: "a", data: "This is implicitly typed plain text.\r\nIt does NOT end with a linebreak."),
                Part(
                    name: "b", contentType: "text/plain; charset=us-ascii",
                    data: "This is explicitly typed plain text.\r\nIt DOES end with a linebreak.\r\n"),
            ]
        ),
        (
            "AaB03x",
            "--AaB03x\r\ncontent-disposition: form-data; name=\"field1\"\r\ncontent-type: text/plain;charset=UTF-8\r\n\r\nJoe owes €100.\r\n"
                + "--AaB03x \t\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\" \\\\ C:\\dir\\é.tgz\"\r\n"
                + "Content-Type: application/gzip\r\nX-Other: ignored\r\n\r\n\r\n--AaB03\r--AaB03x\n\r\n\r\r\n-AaB03x--\r\n--AaB03x\r\n"
                + "Content-Disposition: form-data; name=\"\"; filename=\"\"\r\n\r\n\r\n--AaB03x--",
            [
                Part(name: "field1", contentType: "text/plain;charset=UTF-8", data: "Joe owes €100."),
                Part(
                    name: "file", filename: "a \"b\" \\ C:\\dir\\é.tgz", contentType: "application/gzip",
                    data: "\r\n--AaB03\r--AaB03x\n\r\n\r\r\n-AaB03x--"),
                Part(name: "", filename: "", data: ""),
            ]
        ),
        ("b", "--b\r\nContent-Disposition: form-data; name=x\r\n\r\n\r\n--b--", [Part(name: "x", data: "")]),
        ("b", "--b\r\nContent-Disposition: form-data; name=x\r\n\r\n--b--", [Part(name: "x", data: "")]),
        ("b", "--b--", []),
        ("b", "\r\n--b--\r\n", []),
    ]

    @Test("every example is read the same wherever a chunk ends", arguments: examples.indices)
    func everySplit(_ index: Int) throws {
        let example = Self.examples[index]
        let bytes = Array(example.body.utf8)
        #expect(try read([bytes[...]], boundary: example.boundary) == example.parts)
        #expect(try read(bytes.indices.map { bytes[$0...$0] }, boundary: example.boundary) == example.parts, "byte by byte")
        for split in bytes.indices {
            let parts = try read([bytes[..<split], bytes[split...]], boundary: example.boundary)
            if parts != example.parts { Issue.record("split at \(split): \(parts)") }
        }
    }

    @Test("every example is read the same in three chunks, the middle one short", arguments: examples.indices, [1, 2, 3, 7])
    func threeChunks(_ index: Int, _ length: Int) throws {
        let example = Self.examples[index]
        let bytes = Array(example.body.utf8)
        for start in 0...max(0, bytes.count - length) where start + length <= bytes.count {
            let pieces = [bytes[..<start], bytes[start..<start + length], [], bytes[(start + length)...]]
            let parts = try read(pieces, boundary: example.boundary)
            if parts != example.parts { Issue.record("middle at \(start): \(parts)") }
        }
    }

    @Test("every prefix without the closing boundary is unfinished")
    func truncated() throws {
        let bytes = Array("--b\r\nContent-Disposition: form-data; name=x\r\n\r\ndata\r\n--b--".utf8)
        for length in 0..<bytes.count {
            #expect(throws: MultipartError.unfinished) { try read([bytes[..<length]], boundary: "b") }
        }
    }

    @Test("a long file passes through in memory that does not grow with it")
    func constantMemory() throws {
        var reader = try MultipartReader(boundary: "b")
        _ = try reader.read(ByteBuffer(string: "--b\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n"))
        // Every chunk ends in what may begin a boundary, so that something stays behind each time.
        let chunk = ByteBuffer(string: String(repeating: "x", count: 4093) + "\r\n-")
        var length = 0
        var largest = 0
        for _ in 0..<1000 {
            for case .data(let buffer) in try reader.read(chunk) {
                length += buffer.readableBytes
                largest = max(largest, buffer.storageCapacity)
            }
        }
        #expect(length == 1000 * 4096 - 3)
        #expect(largest <= 4 * 4096)
    }

    @Test(
        "a boundary is taken from the content type",
        arguments: [
            "multipart/form-data; boundary=abc", "Multipart/Form-Data; charset=utf-8; BOUNDARY=\"abc\"",
            "multipart/form-data;boundary=abc;",
        ])
    func contentType(_ type: String) throws {
        var reader = try MultipartReader(contentType: type)
        #expect(try reader.read(ByteBuffer(string: "--abc--")) == [.end])
        try reader.finish()
    }

    @Test(
        "a content type of another kind, or without a usable boundary, is refused",
        arguments: [
            (nil, .notMultipart), ("", .notMultipart), ("text/plain; boundary=b", .notMultipart),
            ("multipart/mixed; boundary=b", .notMultipart),
            ("multipart/form-data", .invalidBoundary), ("multipart/form-data; boundary=\"\"", .invalidBoundary),
            ("multipart/form-data; boundary=\"a \"", .invalidBoundary), ("multipart/form-data; boundary=\"a@b\"", .invalidBoundary),
            ("multipart/form-data; boundary=\(String(repeating: "x", count: 71))", .invalidBoundary),
            ("multipart/form-data; boundary=a; boundary=b", .notMultipart),
        ] as [(String?, MultipartError)])
    func badContentType(_ type: String?, _ expected: MultipartError) {
        #expect(throws: expected) { try MultipartReader(contentType: type) }
    }

    @Test("a boundary may have 70 characters, spaces and signs among them")
    func longBoundary() throws {
        let boundary = "'()+_,-./:=? " + String(repeating: "x", count: 57)
        #expect(try read("--\(boundary)--", boundary: boundary).isEmpty)
    }

    @Test("something behind a boundary is refused", arguments: ["--bc\r\n", "--b-x", "--b \r\r", "--b\n", "--b x\r\n"])
    func malformedLine(_ body: String) {
        #expect(error(body) == .malformedBoundaryLine)
    }

    @Test(
        "headers that cannot be read are refused",
        arguments: [
            "no colon", ": x", "Content Disposition: form-data; name=x", "Content-Disposition: form-data;\r\n name=x", "X: a\rb", "X: a\nb",
            "X: \0",
            "Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b", "Content-Disposition: form-data; name=\"x",
            "Content-Type: a/b\r\nContent-Type: a/b\r\nContent-Disposition: form-data; name=x",
        ])
    func malformedHeaders(_ headers: String) {
        #expect(error("--b\r\n\(headers)\r\n\r\n") == .malformedHeader)
    }

    @Test("headers that are not UTF-8 are refused")
    func invalidUTF8() {
        let body = Array("--b\r\nContent-Disposition: form-data; name=\"".utf8) + [0xFF] + Array("\"\r\n\r\n".utf8)
        #expect(throws: MultipartError.malformedHeader) { try read([body[...]], boundary: "b") }
    }

    @Test(
        "a part needs a name",
        arguments: ["", "Content-Type: text/plain", "Content-Disposition: form-data", "Content-Disposition: attachment; name=x"])
    func missingName(_ headers: String) {
        #expect(error("--b\r\n\(headers)\r\n\r\n") == .missingName)
    }

    @Test("limits on headers, parts and fields hold at their last byte")
    func limits() throws {
        func part(_ value: String) -> String { "--b\r\nContent-Disposition: form-data; name=x\r\n\r\n\(value)\r\n" }
        var limits = MultipartLimits()
        limits.parts = 2
        limits.fieldBytes = 5
        #expect(try read(part("12345") + part("") + "--b--", limits: limits).count == 2)
        #expect(error(part("") + part("") + part("") + "--b--", limits: limits) == .tooManyParts)
        #expect(error(part("123456") + "--b--", limits: limits) == .fieldTooLarge(name: "x"))
        limits.headerBytes = 100
        #expect(error("--b\r\nX: \(String(repeating: "x", count: 200))\r\n\r\n", limits: limits) == .headersTooLarge)
        #expect(error("--b\r\nX: \(String(repeating: "x", count: 200))", limits: limits) == .headersTooLarge)
        let file = "--b\r\nContent-Disposition: form-data; name=x; filename=y\r\n\r\n\(String(repeating: "z", count: 9000))\r\n--b--"
        #expect(try read(file, limits: limits).first?.data.count == 9000)
    }
}
