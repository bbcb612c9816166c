import Foundation
import Logging

extension BlobStore {
    /// When a sweep is made.
    package enum SweepOccasion: Sendable {
        /// The process has just started.
        case start
        /// Now and then.
        case routine
    }

    private static let batch = 500

    /// Removes what nobody refers to: incoming files of dead processes, files without a row, files whose uploads died.
    /// May run beside uploads and beside other processes' sweeps.
    package func sweep(_ occasion: SweepOccasion, now: Int64) async throws {
        try await removeDeadUploads()
        try await markUnnamed(now: now)
        let heldBefore = heldBefore(occasion, now: now)
        try await database.write { try BlobRows.markUnused(heldBefore: heldBefore, on: $0) }
        try await removeMarked()
    }

    /// Removes files that were marked by a release of their last reference.
    package func removeMarked() async throws {
        while true {
            let marked = try await database.read { try BlobRows.marked(limit: Self.batch, on: $0) }
            for key in marked { try await remove(key) }
            if marked.count < Self.batch { return }
        }
    }

    /// On SQLite this process is the only one, so at its start every hold from before belongs to a dead upload.
    private func heldBefore(_ occasion: SweepOccasion, now: Int64) -> Int64 {
        switch occasion {
        case .start where database.dialect == .sqlite: openedAt
        case .start, .routine: now - Self.longestHold
        }
    }

    /// The file leaves its place inside the transaction, which is against the rule that a write touches nothing but its
    /// connection: only the row's lock keeps an upload from putting the same file in place between the two. Moving is quick
    /// and may happen twice, and if the transaction fails the row is still marked.
    private func remove(_ key: BlobKey) async throws {
        let gone = paths.incoming + "/" + UUID().uuidString
        try await database.write(.bulk) { [paths] connection in
            guard try BlobRows.lockMarked(key, on: connection) else { return }
            try BlobFiles.move(paths.file(key), to: gone)
            try BlobRows.delete(key, on: connection)
        }
        try await queue.run { try BlobFiles.remove(gone) }
    }

    private func removeDeadUploads() async throws {
        let removed = try await queue.run { [paths] in
            try BlobFiles.names(in: paths.incoming).filter { try BlobFiles.removeUnlessLocked(paths.incoming + "/" + $0) }.count
        }
        if removed > 0 { logger.info("files of interrupted uploads were removed", metadata: ["files": "\(removed)"]) }
    }

    /// A row is there before its file: a file without one is nobody's.
    private func markUnnamed(now: Int64) async throws {
        let tenants = try await queue.run { [paths] in try BlobFiles.names(in: paths.root).compactMap(BlobPaths.decode) }
        for tenant in tenants {
            let directory = paths.tenantDirectory(tenant)
            for prefix in try await queue.run({ try BlobFiles.names(in: directory) }) where prefix.utf8.count == 2 {
                let names = try await queue.run { try BlobFiles.names(in: directory + "/" + prefix) }
                let hashes = names.filter { BlobPaths.isBlob($0, in: prefix) }
                for start in stride(from: 0, to: hashes.count, by: Self.batch) {
                    try await markUnnamed(Array(hashes[start..<min(start + Self.batch, hashes.count)]), tenant: tenant, now: now)
                }
            }
        }
    }

    private func markUnnamed(_ hashes: [String], tenant: String, now: Int64) async throws {
        let known = try await database.read { try BlobRows.known(hashes, tenant: tenant, on: $0) }
        let unnamed = hashes.filter { !known.contains($0) }
        guard !unnamed.isEmpty else { return }
        logger.warning("stored files that no row names are removed", metadata: ["tenant": "\(tenant)", "files": "\(unnamed.count)"])
        try await database.write(.bulk) { try BlobRows.mark(unnamed, tenant: tenant, now: now, on: $0) }
    }
}
