import Foundation
import Synchronization

/// Takes the bytes of a new artifact; see ``TaskArtifacts/write(_:contentType:_:)``. One caller at a time.
public final class ArtifactWriter: Sendable {
    private let file: Int
    private let artifacts: TaskArtifacts
    /// Small pieces are collected: each request costs a system call, and in a child process a message.
    private let buffer = Mutex(Data())

    init(file: Int, artifacts: TaskArtifacts) {
        self.file = file
        self.artifacts = artifacts
    }

    /// Appends bytes.
    /// - Throws: `artifact_too_large` or `disk_full` as soon as that is known.
    public func write(_ bytes: some Collection<UInt8> & Sendable) async throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let room = HandlerRequest.mostBytes - buffer.withLock { $0.count }
            let piece = rest.prefix(room)
            rest = rest.dropFirst(piece.count)
            let isFull = buffer.withLock { buffer in
                buffer.append(contentsOf: piece)
                return buffer.count >= HandlerRequest.mostBytes
            }
            if isFull { try await flush() }
        }
    }

    /// Appends text in UTF-8.
    /// - Throws: as ``write(_:)``.
    public func write(_ text: some StringProtocol & Sendable) async throws {
        try await write(Array(text.utf8))
    }

    func flush() async throws {
        let bytes = buffer.withLock { buffer in
            defer { buffer = Data() }
            return buffer
        }
        guard !bytes.isEmpty else { return }
        _ = try await artifacts.ask(.write(file: file, bytes: bytes))
    }
}
