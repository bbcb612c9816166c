import Foundation

/// A stored file that is open: it stays readable to its end, also when it is removed meanwhile.
///
/// Any number of callers at once; the file is closed when the last one lets go.
package final class BlobReader: Sendable {
    /// In bytes.
    package let size: Int64
    private let descriptor: Int32
    private let queue: BlobQueue

    /// Takes the descriptor over.
    init(descriptor: Int32, size: Int64, queue: BlobQueue) {
        self.descriptor = descriptor
        self.size = size
        self.queue = queue
    }

    deinit { close(descriptor) }

    /// Bytes from `offset` on: `count` of them, or fewer at the end of the file; none behind it.
    /// - Throws: ``StorageError`` with what the disk says.
    package func read(from offset: Int64, count: Int) async throws -> [UInt8] {
        let count = Int(min(Int64(count), max(size - offset, 0)))
        guard count > 0 else { return [] }
        return try await queue.run { [self] in
            try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                while filled < count {
                    let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset) + off_t(filled))
                    if got < 0, errno == EINTR { continue }
                    guard got >= 0 else { throw DurableFiles.failure("a stored file cannot be read") }
                    // Shorter than it was: somebody has cut it.
                    guard got > 0 else { throw StorageError(.ioError, "a stored file is shorter than it was") }
                    filled += got
                }
            }
        }
    }
}
