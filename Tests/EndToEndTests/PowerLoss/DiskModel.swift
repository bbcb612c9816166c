import Foundation
import TestSupport

/// A disk as POSIX promises it and no better: what was synced is there, and of the rest any part may be.
///
/// Bytes written to a file are safe when a sync of that file began after them and has ended; a name is safe when the same is
/// true of its directory. What is not safe may be lost, or there in any order: each sector of 512 bytes for itself, names
/// directory by directory in the order in which they were changed.
final class DiskModel {
    static let sector = 512

    /// What becomes of the unsafe part at a power cut.
    enum Survival: CaseIterable {
        /// All of it is lost.
        case nothing
        /// All of it was written after all.
        case everything
        /// Each sector has its own luck.
        case someSectors
        /// What came last is there and what came before it is not.
        case onlyTheLatest
    }

    private enum Change {
        case write(at: Int, FileTrace.Span)
        case truncate(Int)
    }

    private final class File {
        var safe: [UInt8] = []
        var pending: [(event: Int, change: Change)] = []
        var syncs: [Int] = []
    }

    private final class Directory {
        var safe: [String: Node] = [:]
        var pending: [(event: Int, name: String, node: Node?)] = []
        var syncs: [Int] = []
    }

    private enum Node {
        case file(File)
        case directory(Directory)
    }

    private let trace: FileTrace
    private let root: Directory
    private var directories: [String: Directory]
    private var nodes: [UInt64: Node]
    private var next = 0

    /// - Parameter rootPath: the directory that the shim watched; empty, and safe, before the trace begins.
    init(_ trace: FileTrace, rootPath: String, rootInode: UInt64) {
        self.trace = trace
        root = Directory()
        directories = [rootPath: root]
        nodes = [rootInode: .directory(root)]
    }

    /// Lets everything happen up to, and without, the event at `end`. Never goes back.
    func advance(to end: Int) throws {
        while next < end {
            try apply(trace.events[next], at: next)
            next += 1
        }
    }

    private func apply(_ event: FileTrace.Event, at index: Int) throws {
        switch event {
        case .create(let inode, let path):
            let node = Node.file(File())
            nodes[inode] = node
            try setName(path, node, at: index)
        case .makeDirectory(let inode, let path):
            let directory = Directory()
            nodes[inode] = .directory(directory)
            directories[path] = directory
            try setName(path, .directory(directory), at: index)
        case .write(let inode, let offset, let span): try file(inode).pending.append((index, .write(at: offset, span)))
        case .truncate(let inode, let size): try file(inode).pending.append((index, .truncate(size)))
        case .syncBegins(let inode): try note(sync: inode, at: index)
        case .syncEnds(let inode): try sync(inode)
        case .rename(let inode, let from, let to):
            try setName(from, nil, at: index)
            try setName(to, .file(file(inode)), at: index)
        case .unlink(let path): try setName(path, nil, at: index)
        case .sent, .closed: break
        }
    }

    private func file(_ inode: UInt64) throws -> File {
        guard case .file(let file) = nodes[inode] else { throw HarnessError("inode \(inode) is no file that was made here") }
        return file
    }

    private func setName(_ path: String, _ node: Node?, at index: Int) throws {
        let url = URL(fileURLWithPath: path)
        guard let directory = directories[url.deletingLastPathComponent().path] else {
            throw HarnessError("\(path) lies in no known directory")
        }
        directory.pending.append((index, url.lastPathComponent, node))
    }

    private func note(sync inode: UInt64, at index: Int) throws {
        switch nodes[inode] {
        case .file(let file): file.syncs.append(index)
        case .directory(let directory): directory.syncs.append(index)
        case nil: throw HarnessError("inode \(inode) was synced and is not known")
        }
    }

    /// Of several syncs at once the one that ends is taken for the one that began first: it makes the least safe.
    private func sync(_ inode: UInt64) throws {
        switch nodes[inode] {
        case .file(let file):
            let begun = file.syncs.removeFirst()
            let covered = file.pending.prefix { $0.event < begun }
            for (_, change) in covered { carryOut(change, on: &file.safe) }
            file.pending.removeFirst(covered.count)
        case .directory(let directory):
            let begun = directory.syncs.removeFirst()
            let covered = directory.pending.prefix { $0.event < begun }
            for (_, name, node) in covered { directory.safe[name] = node }
            directory.pending.removeFirst(covered.count)
        case nil: throw HarnessError("inode \(inode) was synced and is not known")
        }
    }

    private func carryOut(_ change: Change, on content: inout [UInt8]) {
        switch change {
        case .write(let offset, let span): put(span, at: offset, in: &content)
        case .truncate(let size): resize(&content, size)
        }
    }

    private func put(_ span: FileTrace.Span, at offset: Int, in content: inout [UInt8]) {
        if content.count < offset + span.count { resize(&content, offset + span.count) }
        content.withUnsafeMutableBytes { target in
            trace.bytes.withUnsafeBytes { source in
                UnsafeMutableRawBufferPointer(rebasing: target[offset..<(offset + span.count)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[span]))
            }
        }
    }

    private func resize(_ content: inout [UInt8], _ size: Int) {
        if content.count > size {
            content.removeLast(content.count - size)
        } else {
            content += repeatElement(0, count: size - content.count)
        }
    }

    // MARK: - After the cut

    /// Writes what a disk may hold now below `path`, which does not exist yet.
    func writeImage(to path: String, _ survival: Survival, _ random: inout SeededRandom) throws {
        try write(root, to: path, survival, &random)
    }

    private func write(_ directory: Directory, to path: String, _ survival: Survival, _ random: inout SeededRandom) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        var names = directory.safe
        let surviving =
            switch survival {
            case .nothing: 0
            case .everything, .onlyTheLatest: directory.pending.count
            case .someSectors: Int.random(in: 0...directory.pending.count, using: &random)
            }
        for (_, name, node) in directory.pending.prefix(surviving) { names[name] = node }
        // In a fixed order, so that a seed gives the same image again.
        for (name, node) in names.sorted(by: { $0.key < $1.key }) {
            switch node {
            case .directory(let below): try write(below, to: path + "/" + name, survival, &random)
            // SQLite rebuilds its index of the log, which it never syncs and maps into memory.
            case .file where name.hasSuffix("-shm"): continue
            case .file(let file):
                guard FileManager.default.createFile(atPath: path + "/" + name, contents: Data(content(file, survival, &random))) else {
                    throw HarnessError("\(path)/\(name) cannot be written")
                }
            }
        }
    }

    private func content(_ file: File, _ survival: Survival, _ random: inout SeededRandom) -> [UInt8] {
        var content = file.safe
        switch survival {
        case .nothing: break
        case .everything: for (_, change) in file.pending { carryOut(change, on: &content) }
        case .onlyTheLatest: if let last = file.pending.last { carryOut(last.change, on: &content) }
        case .someSectors:
            // From almost nothing to almost everything.
            let share = Int.random(in: 1...99, using: &random)
            for (_, change) in file.pending { carryOutPartly(change, on: &content, share, &random) }
        }
        return content
    }

    private func carryOutPartly(_ change: Change, on content: inout [UInt8], _ share: Int, _ random: inout SeededRandom) {
        guard case .write(let offset, let span) = change else {
            if Int.random(in: 0..<100, using: &random) < share { carryOut(change, on: &content) }
            return
        }
        var start = span.lowerBound
        while start < span.upperBound {
            let at = offset + start - span.lowerBound
            let end = min(span.upperBound, start + Self.sector - at % Self.sector)
            if Int.random(in: 0..<100, using: &random) < share { put(start..<end, at: at, in: &content) }
            start = end
        }
    }
}
