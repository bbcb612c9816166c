import JSONText
import Storage

/// What is kept of a submit for the case that it is sent again: `{"ids": […], "existing": […]}`.
extension Submitted {
    var answer: String {
        var writer = JSONWriter(capacity: ids.count * 12 + 32)
        writer.object { object in
            object.key("ids")
            object.array { array in for id in ids { array.value(id) } }
            object.key("existing")
            object.array { array in for index in existing { array.value(index) } }
        }
        return writer.text
    }

    /// The same submit again, with its tasks as they are now.
    /// - Throws: ``StorageError/Code/corrupt`` for a text that ``answer`` did not write.
    init(answer: String, tenant: String, on connection: any Connection) throws {
        guard let root = try? JSONDocument(parsing: answer).root, let ids = root["ids"]?.elements.compactMap(\.int64),
            let existing = root["existing"]?.elements.compactMap(\.int64)
        else { throw StorageError(.corrupt, "a kept answer cannot be read") }
        let tasks = try ReadTaskChanges.current(ids, tenant: tenant, on: connection)
        self.init(ids: ids, tasks: ids.map { tasks[$0] }, existing: existing.map(Int.init), isReplay: true)
    }
}

extension TaskService.SubmitResult {
    /// Nil for a refusal, which is not kept.
    var answer: String? {
        switch self {
        case .submitted(let submitted): submitted.answer
        case .refused: nil
        }
    }
}
