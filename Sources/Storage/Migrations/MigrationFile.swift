import Foundation

/// One numbered file of `migrations/`, chosen and rendered for a dialect.
///
/// `NNNN_name.sql` serves both databases; `NNNN_name.sqlite.sql` and `NNNN_name.postgres.sql` exist only where they must
/// differ. `@ID` stands for the type of an id column that is the primary key, `@KEY` for TEXT that sorts by its bytes on
/// both databases, `@CLUSTERED` after a table for keeping its rows in the order of its primary key where that can be had.
struct MigrationFile: Sendable {
    let number: Int
    let name: String
    let script: String
    /// SHA-256 of the file's bytes, hex: an applied file must never change.
    let checksum: String
    /// The oldest binary (its ``Migrator/binaryNumber``) that still works once this has been applied.
    let oldestBinary: Int

    /// All migrations for `dialect` in order.
    /// - Throws: ``StorageError/Code/schema`` when the folder is missing, a number is missing or twice there, or a file
    ///   does not say `-- oldest binary: N`.
    static func all(in directory: String, dialect: Dialect) throws -> [MigrationFile] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw StorageError(.schema, "the migrations folder \(directory) cannot be read; set MILLRACE_ROOT to the folder that holds it")
        }
        let files = try names.filter { serves(dialect, $0) }.sorted().map {
            try MigrationFile(path: directory + "/" + $0, dialect: dialect)
        }
        for (index, file) in files.enumerated() where file.number != index + 1 {
            throw StorageError(.schema, "migration \(index + 1) is missing or there twice in \(directory) (found \(file.name))")
        }
        return files
    }

    private static func serves(_ dialect: Dialect, _ name: String) -> Bool {
        guard name.hasSuffix(".sql") else { return false }
        let isDialectSpecific = Dialect.allCases.contains { name.hasSuffix(".\($0.rawValue).sql") }
        return !isDialectSpecific || name.hasSuffix(".\(dialect.rawValue).sql")
    }

    private init(path: String, dialect: Dialect) throws {
        let url = URL(fileURLWithPath: path)
        name = url.lastPathComponent
        let bytes = try Data(contentsOf: url)
        let text = String(decoding: bytes, as: UTF8.self)
        checksum = ContentDigest.sha256(Array(bytes))
        guard let number = Int(name.prefix(4)), name.dropFirst(4).first == "_" else {
            throw StorageError(.schema, "\(name) is no migration name: write NNNN_name.sql")
        }
        let marker = "-- oldest binary: "
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(marker) }), let oldest = Int(line.dropFirst(marker.count))
        else {
            throw StorageError(.schema, "\(name) does not say '\(marker)N'")
        }
        self.number = number
        oldestBinary = oldest
        script = Self.render(text, dialect)
    }

    private static func render(_ text: String, _ dialect: Dialect) -> String {
        let types =
            switch dialect {
            // INTEGER PRIMARY KEY is the rowid itself: no second index.
            case .sqlite: (id: "INTEGER", key: "TEXT", clustered: " WITHOUT ROWID")
            // "C": byte order, and comparisons at the price of memcmp.
            case .postgres: (id: "BIGINT", key: "TEXT COLLATE \"C\"", clustered: "")
            }
        return text.replacingOccurrences(of: "@ID", with: types.id).replacingOccurrences(of: "@KEY", with: types.key)
            .replacingOccurrences(of: "@CLUSTERED", with: types.clustered)
    }
}
