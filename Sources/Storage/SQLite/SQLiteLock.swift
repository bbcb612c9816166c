import Foundation

/// The process that owns an SQLite file, written into its lock file for the next one that tries.
package struct SQLiteOwner: Sendable {
    /// Where the owner answers HTTP, for commands that must send it their request; "" when it has no HTTP.
    package var url: String
    /// Process id.
    package var pid: Int32

    /// This process. `url` as clients would spell it.
    package init(url: String, pid: Int32 = ProcessInfo.processInfo.processIdentifier) {
        self.url = url
        self.pid = pid
    }
}

extension SQLiteOwner {
    /// Who wrote the lock file of the database at `path`; nil when there is none or it cannot be read. It may have ended since:
    /// only a lock that cannot be taken proves that it lives.
    package init?(lastOf path: String) {
        guard let text = try? String(contentsOfFile: path + ".lock", encoding: .utf8) else { return nil }
        let lines = text.split(separator: "\n")
        guard let url = lines.first(where: { $0.hasPrefix("url=") }), let pid = lines.first(where: { $0.hasPrefix("pid=") }),
            let number = Int32(pid.dropFirst(4))
        else { return nil }
        self.init(url: String(url.dropFirst(4)), pid: number)
    }
}

/// `<database>.lock`, held with flock(2) for the life of the owner: never the database file itself, whose locks SQLite
/// needs and loses whenever any descriptor of the file is closed.
///
/// Taking the lock proves the former owner dead: the kernel releases it with the process, however it ended.
final class SQLiteLock: Sendable {
    private let descriptor: Int32
    private let path: String

    /// - Throws: ``StorageError/Code/locked`` with the owner's URL and pid.
    init(path: String, owner: SQLiteOwner) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw StorageError(.readOnly, "the lock file \(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.holder(path)
            Foundation.close(descriptor)
            throw StorageError(.locked, "another process owns this database: \(holder); stop it, or use it through its URL")
        }
        do {
            try Self.write(owner, to: descriptor, path)
        } catch {
            Foundation.close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
    }

    /// Says anew who holds the lock, when its URL is known only after it was taken.
    func update(_ owner: SQLiteOwner) throws {
        try Self.write(owner, to: descriptor, path)
    }

    private static func write(_ owner: SQLiteOwner, to descriptor: Int32, _ path: String) throws {
        let text = "url=\(owner.url)\npid=\(owner.pid)\n"
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.utf8.count, 0) == text.utf8.count else {
            throw StorageError(.readOnly, "the lock file \(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    /// Idempotence is the caller's: called once, by ``SQLiteDatabase/close()``.
    func release() {
        // The file stays: removing it would let two processes hold locks on two files of the same name.
        flock(descriptor, LOCK_UN)
    }

    deinit {
        Foundation.close(descriptor)
    }

    /// `url=… pid=…` of the process that holds the lock, as far as it can be read.
    private static func holder(_ path: String) -> String {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), !text.isEmpty else { return "unknown" }
        return text.split(separator: "\n").joined(separator: " ")
    }
}
