import Executors
import Foundation
import TestSupport
import Testing

@Suite("Messages between a process and its children")
struct FrameReaderTests {
    private struct Note: Codable, Equatable {
        var text: String
    }

    private func read(_ reader: inout FrameReader) throws -> [Note] {
        var notes: [Note] = []
        while let frame = try reader.next() { notes.append(try JSONDecoder().decode(Note.self, from: frame)) }
        return notes
    }

    @Test("arrive whole and in order, however the bytes are cut", arguments: [1, 2, 3, 7, 64, 4096, 1 << 20])
    func cut(size: Int) throws {
        let notes = [0, 1, 5000, 3, 100_000, 0].map { Note(text: String(repeating: "é", count: $0)) }
        let bytes = try notes.flatMap { try FrameReader.frame($0) }
        var reader = FrameReader()
        var received: [Note] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            reader.append(bytes[start..<min(start + size, bytes.count)])
            received += try read(&reader)
        }
        #expect(received == notes)
        #expect(!reader.isInside)
    }

    @Test("many of them take no more memory than the last ones need")
    func many() throws {
        let frame = try FrameReader.frame(Note(text: String(repeating: "x", count: 100_000)))
        var reader = FrameReader()
        for _ in 0..<2000 {
            reader.append(frame)
            #expect(try read(&reader).count == 1)
        }
    }

    @Test(
        "a length that no message has is an error, and is so before anything of it is kept",
        arguments: [0, FrameReader.mostBytes + 1, 0xFFFF_FFFF])
    func length(length: Int) {
        var reader = FrameReader()
        reader.append((0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) })
        let error = #expect(throws: FrameError.self) { try reader.next() }
        #expect(error?.length == length)
    }

    @Test("a part of one is not taken for one", arguments: [1, 3, 4, 5, 12])
    func part(count: Int) throws {
        let frame = try FrameReader.frame(Note(text: "hello"))
        var reader = FrameReader()
        reader.append(frame.prefix(count))
        #expect(try reader.next() == nil)
        #expect(reader.isInside)
        reader.append(frame.dropFirst(count))
        #expect(try read(&reader) == [Note(text: "hello")])
    }

    @Test("random bytes are a message, an error or nothing yet, and never more")
    func rubbish() {
        var random = SeededRandom(seed: 4)
        for _ in 0..<2000 {
            var reader = FrameReader()
            reader.append((0..<Int.random(in: 0...64, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
            do {
                while let frame = try reader.next() {
                    _ = try? JSONDecoder().decode(MessageFromChild.self, from: frame)
                }
            } catch {
                #expect(error.length < 1 || error.length > FrameReader.mostBytes)
            }
        }
    }

    @Test("a message that is too large is not sent")
    func tooLarge() {
        #expect(throws: FrameError.self) { try FrameReader.frame(Note(text: String(repeating: "x", count: FrameReader.mostBytes))) }
    }

    @Test(
        "what is JSON and no message is refused",
        arguments: [
            "null", "{}", "[]", "1", #"{"end":{}}"#, #"{"end":{"serial":1,"end":{"succeeded":{}},"isClean":"yes"}}"#, #"{"fly":{}}"#,
            #"{"log":{"serial":99999999999999999999,"level":"info","message":""}}"#, String(repeating: "[", count: 100_000),
        ])
    func noMessage(text: String) {
        #expect(throws: (any Error).self) { try JSONDecoder().decode(MessageFromChild.self, from: Data(text.utf8)) }
    }
}
