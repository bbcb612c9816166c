import Foundation

/// Which of a tenant's tasks a bulk operation is about: those that meet every condition. It is the input of the operation's
/// task.
package struct BulkFilter: Codable, Sendable, Equatable {
    /// Most ids in one filter.
    package static let mostIDs = 10_000

    /// Tasks in this state; nil means those in which the action usually makes sense, or any state for ``ids``.
    package var state: TaskState?
    /// The stored name of the type, not an alias.
    package var type: String?
    /// Tasks of this queue.
    package var queue: String?
    /// Tasks with this tag.
    package var tag: String?
    /// Tasks whose metadata has these members, with values as ``TaskLabel/member(_:_:)`` takes them.
    package var metadata: [String: String]?
    /// Tasks that were submitted with this unique key.
    package var uniqueKey: String?
    /// Created earlier than this, microseconds since 1970.
    package var before: Int64?
    /// Created at this time or later, microseconds since 1970.
    package var after: Int64?
    /// These tasks, as far as the tenant has them.
    package var ids: [Int64]?

    /// No condition: all tasks.
    package init() {}

    /// Names as clients see them in the task's input.
    package enum CodingKeys: String, CodingKey {
        case state, type, queue, tag, metadata
        case uniqueKey = "unique_key"
        case before = "before_us"
        case after = "after_us"
        case ids
    }

    /// Whether nothing narrows it down.
    package var isUnconditional: Bool { self == BulkFilter() }

    /// Of tags and metadata, as ``TaskLabel`` writes them.
    var labels: [String] {
        (tag.map { [TaskLabel.tag($0)] } ?? []) + (metadata ?? [:]).sorted { $0.key < $1.key }.map { TaskLabel.member($0.key, $0.value) }
    }

    /// JSON for the input of a task.
    func encoded() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// - Throws: ``TaskFailure`` when the input of a task is no filter.
    init(input: String) throws {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(input.utf8))
        } catch {
            throw TaskFailure.permanent(code: "invalid_input", "the input is no filter of tasks: \(error)")
        }
    }
}

extension TaskState: Codable {}
