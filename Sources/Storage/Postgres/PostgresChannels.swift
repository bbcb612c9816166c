/// Names of notification channels. PostgreSQL's are known to a whole database, so the schema is part of them: two
/// installations in one database do not hear each other.
struct PostgresChannels: Sendable {
    let schema: String

    /// `channel@schema`, or a shortened form of it, since names have at most 63 bytes.
    func name(for channel: String) -> String {
        let name = "\(channel)@\(schema)"
        guard name.utf8.count > 63 else { return name }
        // FNV-1a: the same in every process, which Swift's own hashes are not.
        let hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(name.unicodeScalars.prefix(10)) + "#" + String(hash, radix: 16)
    }

    /// As an identifier in a statement.
    static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
