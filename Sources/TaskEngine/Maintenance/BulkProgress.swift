import Foundation

/// How far a bulk operation has come. Kept as the metadata of its task and written with each slice, so that the next attempt
/// goes on where the last one was, and counts stay exact whatever died when.
package struct BulkProgress: Codable, Sendable, Equatable {
    /// Tasks that matched when the operation began.
    package var total: Int
    /// Every task up to this one has been looked at.
    package var position: Int64
    /// Tasks that were looked at and matched.
    package var matched: Int
    /// Of these, tasks that were retried, or cancelled or asked to end.
    package var changed: Int
    /// The rest by reason: a state, `unique_key_taken`, `cancel_requested`, or `gone`.
    package var skipped: [String: Int]

    /// At the beginning.
    package init(total: Int) {
        self.total = total
        position = 0
        matched = 0
        changed = 0
        skipped = [:]
    }

    init(stored text: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
    }

    /// JSON text of what the operation answers at its end.
    func result() throws -> String {
        struct Result: Encodable {
            let matched: Int
            let changed: Int
            let skipped: [String: Int]
        }
        return try Self.text(Result(matched: matched, changed: changed, skipped: skipped))
    }

    /// JSON text.
    func encoded() throws -> String { try Self.text(self) }

    private static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
