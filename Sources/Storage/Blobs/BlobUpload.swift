import Crypto
import Foundation
import Synchronization

/// One file on its way in: written piece by piece, hashed on the way, in constant memory.
///
/// Either ``BlobStore/place(_:tenant:now:)`` or ``BlobStore/discard(_:)`` ends it. If the process dies first, the next start removes the
/// file. One caller at a time.
package final class BlobUpload: Sendable {
    private struct State {
        var descriptor: Int32
        var hash = SHA256()
        var size: Int64 = 0
        var nextSpaceCheck: Int64 = 0
    }

    /// How much is written between two looks at the free space.
    private static let spaceCheckInterval: Int64 = 16 << 20

    let path: String
    private let queue: BlobQueue
    private let requireSpace: @Sendable (Int64) throws -> Void
    private let state: Mutex<State>

    init(path: String, descriptor: Int32, queue: BlobQueue, requireSpace: @escaping @Sendable (Int64) throws -> Void) {
        self.path = path
        self.queue = queue
        self.requireSpace = requireSpace
        state = Mutex(State(descriptor: descriptor))
    }

    deinit {
        let descriptor = state.withLock { $0.descriptor }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Bytes written so far.
    package var size: Int64 { state.withLock { $0.size } }

    /// Appends bytes.
    /// - Throws: ``StorageError`` `disk_full` when the disk is full or comes below the free space to keep, and what the disk
    ///   says otherwise.
    package func write(_ bytes: some Collection<UInt8> & Sendable) async throws {
        try await queue.run { [self] in
            let isContiguous: Void? = try bytes.withContiguousStorageIfAvailable { try append(UnsafeRawBufferPointer($0)) }
            if isContiguous == nil { try Array(bytes).withUnsafeBytes { try append($0) } }
        }
    }

    /// Forgets the file. Nothing happens if it is placed already, or discarded.
    func discard() async throws {
        try await queue.run { [self] in
            guard closeFile() else { return }
            try BlobFiles.remove(path)
        }
    }

    private func append(_ bytes: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            guard state.descriptor >= 0 else { throw StorageError(.other, "the file is complete already") }
            if state.size >= state.nextSpaceCheck {
                try requireSpace(0)
                state.nextSpaceCheck = state.size + Self.spaceCheckInterval
            }
            try BlobFiles.write(bytes, to: state.descriptor)
            state.hash.update(bufferPointer: bytes)
            state.size += Int64(bytes.count)
        }
    }

    /// Makes the bytes durable and tells what they are. The file keeps its lock until it has its place.
    func finish() throws -> (sha256: String, size: Int64) {
        try state.withLock { state in
            guard state.descriptor >= 0 else { throw StorageError(.other, "the file is complete already") }
            try DurableFiles.sync(state.descriptor)
            return (ContentDigest.hexadecimal(state.hash.finalize()), state.size)
        }
    }

    /// False if it was closed before.
    @discardableResult
    func closeFile() -> Bool {
        state.withLock { state in
            guard state.descriptor >= 0 else { return false }
            close(state.descriptor)
            state.descriptor = -1
            return true
        }
    }
}
