import Foundation

/// What `Tests/Shims/file-trace.c` recorded of one or several processes, in the order in which it happened.
struct FileTrace: Sendable {
    /// Bytes in the trace.
    typealias Span = Range<Int>

    /// Files and directories are known by their inode, from their creation on.
    enum Event: Sendable {
        case create(inode: UInt64, path: String)
        case makeDirectory(inode: UInt64, path: String)
        case write(inode: UInt64, at: Int, Span)
        case truncate(inode: UInt64, size: Int)
        case syncBegins(inode: UInt64)
        case syncEnds(inode: UInt64)
        case rename(inode: UInt64, from: String, to: String)
        case unlink(path: String)
        /// Bytes that the kernel took over on a connection on which HTTP is answered.
        case sent(connection: Int, Span)
        case closed(connection: Int)
    }

    let events: [Event]
    /// What the spans point into.
    let bytes: [UInt8]

    private static let magic: UInt32 = 0x4352_544d
    private static let headLength = 32

    /// Reads a trace. A record that a killed process did not finish ends it.
    /// - Throws: ``HarnessError`` when the process did something that cannot be modelled.
    init(path: String) throws {
        bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        events = try bytes.withUnsafeBytes { try Self.read($0) }
    }

    private static func read(_ bytes: UnsafeRawBufferPointer) throws -> [Event] {
        var events: [Event] = []
        var start = 0
        while start + headLength <= bytes.count {
            guard bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self) == magic else { throw HarnessError("no record at \(start)") }
            let kind = bytes.loadUnaligned(fromByteOffset: start + 4, as: UInt32.self)
            let inode = bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)
            let number = Int(bytes.loadUnaligned(fromByteOffset: start + 16, as: Int64.self))
            let data = start + headLength + Int(bytes.loadUnaligned(fromByteOffset: start + 24, as: UInt32.self))
            let end = data + Int(bytes.loadUnaligned(fromByteOffset: start + 28, as: UInt32.self))
            guard end <= bytes.count else { break }
            let path = String(decoding: bytes[(start + headLength)..<data], as: UTF8.self)
            events.append(try event(kind, inode, number, path, data..<end))
            start = end
        }
        return events
    }

    private static func event(_ kind: UInt32, _ inode: UInt64, _ number: Int, _ path: String, _ data: Span) throws -> Event {
        switch kind {
        case 1: return .create(inode: inode, path: path)
        case 2: return .makeDirectory(inode: inode, path: path)
        case 3: return .write(inode: inode, at: number, data)
        case 4: return .truncate(inode: inode, size: number)
        case 5: return .syncBegins(inode: inode)
        case 6: return .syncEnds(inode: inode)
        case 7:
            let paths = path.split(separator: "\0").map(String.init)
            return .rename(inode: inode, from: paths[0], to: paths[1])
        case 8: return .unlink(path: path)
        case 9: return .sent(connection: number, data)
        case 10: return .closed(connection: number)
        default: throw HarnessError("the process called \(path), which is not modelled")
        }
    }

    /// The answers, each with the place of the event that completed it.
    func answers() throws -> [(event: Int, answer: HTTPAnswer)] {
        var answers: [(event: Int, answer: HTTPAnswer)] = []
        var partial: [Int: [UInt8]] = [:]
        for (index, event) in events.enumerated() {
            switch event {
            case .sent(let connection, let span):
                partial[connection, default: []] += bytes[span]
                guard let answer = try HTTPAnswer(partial[connection] ?? []) else { continue }
                partial[connection] = nil
                answers.append((index, answer))
            case .closed(let connection): partial[connection] = nil
            default: continue
            }
        }
        return answers
    }

    /// How many syncs of such files have ended.
    func syncs(ofFilesEnding suffix: String) -> Int {
        var inodes: Set<UInt64> = []
        return events.count { event in
            switch event {
            case .create(let inode, let path):
                if path.hasSuffix(suffix) { inodes.insert(inode) } else { inodes.remove(inode) }
                return false
            case .syncEnds(let inode): return inodes.contains(inode)
            default: return false
            }
        }
    }
}
