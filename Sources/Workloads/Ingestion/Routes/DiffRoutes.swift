import Hummingbird
import JSONText
import Storage
import WebCore

/// What differs between the results of two runs.
struct DiffRoutes: RouteGroup {
    let results: RunResults

    func register(in routes: inout Routes) {
        routes.get("/runs/{id}/diff", .viewer, diff)
    }

    private enum Answer: Sendable {
        case page(RunDifferences.Page)
        /// The tenant has no such run.
        case unknownRun
        /// There is nothing to compare yet.
        case noResult(run: Int64)
        /// The cursor is of a result that is gone.
        case unknownCursor
    }

    /// The settings that differ: `before` is what the run of the path says, `after` what the one of `with` says. Secrets are
    /// masked. A page over much that is equal has fewer rows than asked for, perhaps none.
    @Sendable private func diff(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        var filter = ConfFilter(files: &query)
        filter.confType = query.string("conf_type", maxLength: ConfFilter.mostCharacters)
        filter.name = query.string("stanza", maxLength: ConfFilter.mostCharacters)
        let other = query.int("with", in: 1...Int64.max)
        let page = query.page(of: "run_diff", keys: [.int, .int, .int])
        if other == nil { query.problem("with", "is missing: name the run to compare with") }
        try query.finish()
        let run = try context.pathID()
        let answer = try await read(run, other ?? 0, filter, page, context.tenant)
        return Self.response(try Self.page(answer), page, context.settingMask)
    }

    private func read(_ run: Int64, _ other: Int64, _ filter: ConfFilter, _ page: PageRequest, _ tenant: String) async throws -> Answer {
        let position = page.cursor.map { RunDifferences.Position(file: $0.int(0), stanza: $0.int(1), given: $0.int(2)) }
        return try await results.database.read { connection in
            guard let before = try ReadRuns.result(run, tenant: tenant, on: connection),
                let after = try ReadRuns.result(other, tenant: tenant, on: connection)
            else { return .unknownRun }
            guard let before else { return .noResult(run: run) }
            guard let after else { return .noResult(run: other) }
            var differences = RunDifferences(before: before, after: after, filter: filter, connection: connection)
            return try differences.page(after: position, limit: page.limit).map(Answer.page) ?? .unknownCursor
        }
    }

    private static func page(_ answer: Answer) throws(Problem) -> RunDifferences.Page {
        switch answer {
        case .page(let page): return page
        case .unknownRun: throw Problem(.notFound)
        case .noResult(let run): throw Problem(.notFinished, "Run \(run) has no result yet.")
        case .unknownCursor: throw Problem(.invalidCursor, "A run was read again since: begin again without the cursor.")
        }
    }

    private static func response(_ found: RunDifferences.Page, _ page: PageRequest, _ mask: SettingMask) -> Response {
        .jsonObject { writer in
            writer.key("data")
            writer.array { array in
                for difference in found.differences { array.object { write(difference, mask, in: &$0) } }
            }
            writer.field("next_cursor", found.next.map { Cursor(page.list, .int($0.file), .int($0.stanza), .int($0.given)).text })
        }
    }

    private static func write(_ difference: Difference, _ mask: SettingMask, in writer: inout JSONWriter) {
        let file = difference.file
        writer.field("change", difference.change.rawValue)
        writer.field("conf_type", file.confType)
        writer.field("app", file.app)
        writer.field("scope", file.scope)
        writer.field("layer", file.layer)
        writer.field("user", file.user)
        writer.field("tree", file.tree)
        writer.field("stanza", difference.stanza.text)
        writer.field("key", difference.key?.text)
        for (name, found) in [("before", difference.before), ("after", difference.after)] {
            writer.field(name, difference.key.flatMap { key in found.map { mask.shown(key.text, $0.value) } })
            writer.field(name + "_path", found?.path)
            writer.field(name + "_line", found?.line)
        }
    }
}
