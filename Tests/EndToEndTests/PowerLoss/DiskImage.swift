import Crypto
import Foundation
import Storage
import TaskEngine
import TestSupport

/// What was left on a disk, as the next process finds it.
struct DiskImage {
    /// Where a ``PowerLossRecording`` keeps its database, below the watched directory.
    static let database = "var/store/millrace.db"

    let directory: TemporaryDirectory

    var place: DatabasePlace { DatabasePlace(kind: .sqlite, directory: directory, url: directory.path(Self.database)) }

    /// Opens it as a process would that starts on it.
    /// - Returns: what is wrong, in words.
    func problems(_ facts: [AcknowledgedFact]) async throws -> [String] {
        let database = try await place.open(owner: SQLiteOwner(url: ""))
        defer { database.close() }
        try await place.migrate(database)
        let integrity = try await database.read { try $0.rows("PRAGMA integrity_check") { $0.text(0) } }
        let tasks = try await database.taskEnds()
        let uploads = try await uploads(database)
        let known = Set(uploads.map(\.id))
        // All of them or a few: the first say enough.
        let lost = facts.lazy.compactMap { $0.problem(tasks, uploads: known) }.prefix(10)
        let report = try await Doctor(database: database, pause: {}).examine()
        return (integrity == ["ok"] ? [] : integrity)
            + lost
            + uploads.compactMap(missingFile)
            + report.findings.map { "doctor: \($0.code.rawValue) \($0.detail)" }
    }

    private struct Upload {
        let id: Int64
        let sha256: String
        let size: Int64
    }

    private func uploads(_ database: any Database) async throws -> [Upload] {
        try await database.read { connection in
            try connection.rows("SELECT id, sha256, size FROM uploads") { Upload(id: $0.int(0), sha256: $0.text(1), size: $0.int(2)) }
        }
    }

    /// A committed upload has its whole file, whether it was acknowledged or not.
    private func missingFile(_ upload: Upload) -> String? {
        let path = directory.path("data/blobs/default/\(upload.sha256.prefix(2))/\(upload.sha256)")
        guard let bytes = FileManager.default.contents(atPath: path) else { return "the file of upload \(upload.id) is lost" }
        let hash = SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return hash == upload.sha256 && Int64(bytes.count) == upload.size ? nil : "the file of upload \(upload.id) is damaged"
    }
}
