import JSONText
import Storage

/// An archive that meets every stage of the reading: several batches of small files, files that span several writes, one that
/// is parsed where it lies, members that are left out and refused, and problems; and what must come out of it.
enum ManyMembers {
    static let tar: TarBytes = {
        var tar = TarBytes()
        tar.add("etc/", type: "5")
        for app in 0..<10 {
            let place = "etc/apps/app\(app)"
            tar.add("\(place)/README/props.conf.spec", Array("[nothing]\n".utf8))
            tar.add("\(place)/local/props.conf", file(stanzas: 40 + app * 7, comments: 500, label: "p\(app)"))
            tar.add("\(place)/local/link.conf", type: "2", link: "/etc/passwd")
            tar.add("\(place)/bin/tool.py", Array("print()\n".utf8))
            tar.add("\(place)/metadata/local.meta", Array("[]\nexport = system\n* a star\n".utf8))
        }
        tar.add("etc/apps/large/local/inputs.conf", file(stanzas: 700, comments: 0, label: "large"))
        tar.add("etc/apps/huge/local/props.conf", file(stanzas: 30, comments: 20_000, label: "huge"))
        tar.add("/etc/passwd", Array("root".utf8))
        for app in 0..<3 { tar.add("etc/apps/last\(app)/local/props.conf", file(stanzas: 5, comments: 10, label: "last\(app)")) }
        tar.add("etc/apps/last/bin/end.sh", Array("exit\n".utf8))
        return tar
    }()

    static let stanzas = (0..<10).reduce(0) { $0 + 40 + $1 * 7 } + 10 + 700 + 30 + 15
    /// Files that are configuration.
    static let files = 10 * 2 + 2 + 3

    private static func file(stanzas: Int, comments: Int, label: String) -> [UInt8] {
        var text = ""
        for number in 0..<stanzas { text += "[source::\(label)/\(number)]\nTRUNCATE = \(number)\nTZ = UTC\n" }
        for number in 0..<comments { text += "# a line of comment that is only there to be read, number \(number)\n" }
        return Array(text.utf8)
    }
}

extension IngestionHarness {
    /// All that clients see of a run's result, without ids: equal for equal results.
    func result(of run: Int64) async throws -> [String] {
        let detail = try await get("/v1/runs/\(run)").json
        var lines = ["status", "format", "file_count", "stanza_count", "setting_count", "problem_count", "omitted"].map {
            "\($0) \(detail[$0]?.rawText ?? "-")"
        }
        for list in ["files", "stanzas", "problems"] {
            lines += try await all("/v1/runs/\(run)/\(list)").map { row in
                list + " " + row.members.filter { $0.key != "id" }.map { "\($0.key)=\($0.value.rawText)" }.joined(separator: " ")
            }
        }
        return lines
    }

    /// The task that reads a run.
    func task(of run: Int64) async throws -> Int64 {
        guard let task = try await get("/v1/runs/\(run)").json["task_id"]?.int64 else { throw HarnessGap("run \(run) has no task") }
        return task
    }

    /// The numbers of the members behind which attempts at a task went on, as their log lines say.
    func resumptions(of task: Int64) async throws -> [Int] {
        try await database.read { connection in
            try connection.rows("SELECT message FROM task_logs WHERE task_id = \(task) ORDER BY id") { $0.text(0) }
        }.compactMap { $0.hasPrefix("resumed after member ") ? Int($0.dropFirst(21)) : nil }
    }

    struct HarnessGap: Error {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
