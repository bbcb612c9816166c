import JSONText
import TaskEngine
import WebCore

/// Reads which tasks a client wants to retry or cancel.
enum BulkBody {
    /// Most members of the metadata to search by.
    static let mostMembers = 20

    /// A filter with at least one condition, or `all`. Problems stay in the reader.
    static func filter(_ fields: inout ObjectReader, _ action: BulkAction, registry: TaskRegistry) -> BulkFilter {
        var filter = BulkFilter()
        filter.state = fields.optionalString("state", oneOf: action.states.map(\.rawValue)).flatMap(TaskState.init)
        // Tasks are stored under their type's own name; one that no process here knows may still be in the database.
        filter.type = fields.optionalString("type", maxLength: 200).map { registry.type(named: $0)?.name ?? $0 }
        filter.queue = fields.optionalString("queue", maxLength: 200)
        filter.tag = fields.optionalString("tag", maxLength: 100)
        filter.metadata = metadata(&fields)
        filter.uniqueKey = fields.optionalString("unique_key", maxLength: 200)
        filter.before = fields.optionalTime("before")
        filter.after = fields.optionalTime("after")
        filter.ids = ids(&fields)
        let isAll = fields.optionalBool("all") ?? false
        // A condition that could not be read is one nevertheless.
        guard fields.problems.isEmpty else { return filter }
        if filter.isUnconditional, !isAll {
            fields.problem(nil, "needs a condition, or \"all\": true for every task in a state that this applies to")
        } else if !filter.isUnconditional, isAll {
            fields.problem("all", "cannot be given together with a condition")
        }
        return filter
    }

    private static func metadata(_ fields: inout ObjectReader) -> [String: String]? {
        guard let value = fields.value("metadata") else { return nil }
        let members = value.members
        guard value.kind == .object, (1...mostMembers).contains(members.count) else {
            fields.problem("metadata", "must be an object with 1 to \(mostMembers) members")
            return nil
        }
        var texts: [String: String] = [:]
        for (key, value) in members {
            switch value.kind {
            case .string: texts[key] = value.string
            case .number, .bool, .null: texts[key] = value.rawText
            case .object, .array:
                fields.problem("metadata", "must hold texts, numbers, true, false or null: nothing else can be searched for")
            }
        }
        return texts
    }

    private static func ids(_ fields: inout ObjectReader) -> [Int64]? {
        guard let value = fields.value("ids") else { return nil }
        let ids = value.elements.compactMap(\.int64)
        guard value.kind == .array, ids.count == value.elements.count, (1...BulkFilter.mostIDs).contains(ids.count) else {
            fields.problem("ids", "must be an array of 1 to \(BulkFilter.mostIDs) ids of tasks")
            return nil
        }
        return ids
    }
}
