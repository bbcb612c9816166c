import JSONText
import Storage

/// Stores the outputs of a list's elements as an artifact of the run, where they are too long together to be an output.
///
/// A node that runs once for each element ends when they have ended, in their last one's transaction. A file cannot be written
/// there; so the node's own row, which waited for them, is queued and claimed like any task, and this is what runs in place of
/// a handler. It may be interrupted, rescued and retried: each attempt writes the whole file again, in place of the one before.
enum ListOutput {
    /// Elements in one read. Each has a megabyte of output at most.
    private static let page = 32

    /// - Parameters:
    ///   - node: id of the node.
    ///   - task: its own row.
    /// - Returns: the node's output: `{"artifact": …, "size": …, "sha256": …}`. The artifact is a JSON array, in the order of the list, with null
    ///   for an element without output.
    /// - Throws: as ``TaskArtifacts`` does, and ``StorageError``.
    static func store(_ node: String, _ task: TaskNode, _ artifacts: TaskArtifacts, _ database: any Database) async throws -> String {
        let artifact = try await artifacts.write(name(of: node), contentType: "application/json") { file in
            var last: Int64 = -1
            while true {
                try Task.checkCancellation()
                let rows = try await database.read { [last] in try outputs(of: task, after: last, on: $0) }
                for (element, output) in rows {
                    try await file.write(last < 0 ? "[" : ",")
                    try await file.write(output)
                    last = element
                }
                if rows.count < page { break }
            }
            try await file.write(last < 0 ? "[]" : "]")
        }
        var writer = JSONWriter()
        writer.object { object in
            object.field("artifact", artifact.name)
            object.field("size", artifact.size)
            object.field("sha256", artifact.sha256)
        }
        return writer.text
    }

    /// What the artifact of a node is called.
    static func name(of node: String) -> String { node + ".output.json" }

    private static func outputs(of node: TaskNode, after element: Int64, on connection: any Connection) throws -> [(Int64, String)] {
        try connection.rows(
            """
            SELECT t.element, x.output FROM tasks AS t LEFT JOIN task_results AS x ON x.task_id = t.id
            WHERE t.run_id = \(node.run) AND t.node = \(Int64(node.index)) AND t.element > \(element) ORDER BY t.element LIMIT \(page)
            """
        ) { row in
            let output = row.textOrNil(1) ?? ""
            return (row.int(0), output.isEmpty ? "null" : output)
        }
    }
}
