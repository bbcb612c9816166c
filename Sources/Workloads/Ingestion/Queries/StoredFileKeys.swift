import Storage

/// Reads what the files that an attempt has stored are found by, to be written sorted.
enum StoredFileKeys {
    /// A key of a file.
    struct Entry: Sendable {
        let hash: Int64
        let file: Int64
    }

    /// The keys of one kind.
    typealias Keys = (kind: FileKey.Kind, entries: [Entry])

    /// Files read at once.
    private static let filesAtOnce = 10_000

    /// All keys, in the order in which they are stored; 48 bytes of memory for a file.
    /// - Parameters:
    ///   - generation: one that is whole; no rows are added meanwhile.
    ///   - count: how many files it has.
    static func sorted(_ generation: Int64, count: Int, in database: any Database) async throws -> [Keys] {
        var paths: [Entry] = []
        var types: [Entry] = []
        var apps: [Entry] = []
        var withoutApp: [Entry] = []
        paths.reserveCapacity(count)
        types.reserveCapacity(count)
        apps.reserveCapacity(count)
        var lastID = generation
        while true {
            let page = try await database.read { [lastID] in try files(generation, after: lastID, $0) }
            for file in page {
                paths.append(Entry(hash: file.path, file: file.id))
                types.append(Entry(hash: file.confType, file: file.id))
                if let app = file.app {
                    apps.append(Entry(hash: app, file: file.id))
                } else {
                    withoutApp.append(Entry(hash: 0, file: file.id))
                }
            }
            guard let last = page.last, page.count == filesAtOnce else { break }
            lastID = last.id
        }
        paths.sort(by: isBefore)
        types.sort(by: isBefore)
        apps.sort(by: isBefore)
        return [(.path, paths), (.confType, types), (.app, apps), (.noApp, withoutApp)]
    }

    private static func isBefore(_ a: Entry, _ b: Entry) -> Bool {
        a.hash != b.hash ? a.hash < b.hash : a.file < b.file
    }

    private static func files(
        _ generation: Int64, after id: Int64, _ connection: any Connection
    ) throws -> [(id: Int64, path: Int64, confType: Int64, app: Int64?)] {
        try connection.rows(
            """
            SELECT f.id, f.path_hash, f.conf_type_hash, f.app_hash FROM run_generations AS g CROSS JOIN run_files AS f
            WHERE g.id = \(generation) AND f.id > \(id) AND f.id <= g.last_id AND f.generation = g.id
            ORDER BY f.id LIMIT \(filesAtOnce)
            """
        ) { ($0.int(0), $0.int(1), $0.int(2), $0.intOrNil(3)) }
    }
}
