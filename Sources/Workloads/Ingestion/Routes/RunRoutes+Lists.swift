import Hummingbird
import JSONText
import Storage
import TaskEngine
import WebCore

extension RunRoutes {
    /// The configuration files of a run's result, in the order of the archive.
    @Sendable func files(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let filter = Self.filter(&query)
        let page = query.page(of: "run_files")
        try query.finish()
        let files = try await results.read(context) { result, connection in
            try ListFiles.page(result, filter, after: page.afterID ?? 0, limit: page.fetchLimit, on: connection)
        }
        return Page.response(files ?? [], page, id: \.id) { writer, file in
            writer.object { IngestionRendering.file(file, in: &$0) }
        }
    }

    /// The stanzas of a run's result, in the order of the archive, their secrets masked. A page of very large stanzas has fewer
    /// than asked for.
    @Sendable func stanzas(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        var filter = Self.filter(&query)
        filter.name = query.string("name", maxLength: ConfFilter.mostCharacters)
        let page = query.page(of: "run_stanzas")
        try query.finish()
        let found = try await results.read(context) { [filter] result, connection in
            try ListStanzas.page(result, filter, after: page.afterID ?? 0, limit: page.limit, on: connection)
        }
        let stanzas = found ?? StanzaPage()
        let mask = context.settingMask
        let settings = try stanzas.stanzas.map { try MaskedSettings($0.settings, mask) }
        return .jsonObject { writer in
            writer.key("data")
            writer.array { array in
                for (stanza, settings) in zip(stanzas.stanzas, settings) {
                    array.object { IngestionRendering.stanza(stanza, of: stanzas.files[stanza.fileID], settings, in: &$0) }
                }
            }
            writer.field("next_cursor", stanzas.hasMore ? stanzas.stanzas.last.map { Cursor(page.list, id: $0.id).text } : nil)
        }
    }

    /// What there is to tell about the files of a run's result.
    @Sendable func problems(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let page = query.page(of: "run_problems")
        try query.finish()
        let problems = try await results.read(context) { result, connection in
            try ListProblems.page(result, after: page.afterID ?? 0, limit: page.fetchLimit, on: connection)
        }
        return Page.response(problems ?? [], page, id: \.id) { writer, problem in
            writer.object { IngestionRendering.problem(problem, in: &$0) }
        }
    }

    private static func filter(_ query: inout QueryReader) -> ConfFilter {
        var filter = ConfFilter(files: &query)
        filter.confType = query.string("conf_type", maxLength: ConfFilter.mostCharacters)
        return filter
    }

    private var results: RunResults { RunResults(database: service.database) }
}
