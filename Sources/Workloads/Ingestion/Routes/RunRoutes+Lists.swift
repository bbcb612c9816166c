import Hummingbird
import JSONText
import Storage
import TaskEngine
import WebCore

extension RunRoutes {
    /// Longest name or path to look for; longer ones exist and cannot be asked for.
    private static let mostCharacters = 4_096

    /// The configuration files of a run's result, in the order of the archive.
    @Sendable func files(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let filter = Self.filter(&query)
        let page = query.page(of: "run_files")
        try query.finish()
        let files = try await result(context) { result, connection in
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
        filter.name = query.string("name", maxLength: Self.mostCharacters)
        let page = query.page(of: "run_stanzas")
        try query.finish()
        let found = try await result(context) { [filter] result, connection in
            try ListStanzas.page(result, filter, after: page.afterID ?? 0, limit: page.limit, on: connection)
        }
        let stanzas = found ?? StanzaPage()
        let settings = try stanzas.stanzas.map { try MaskedSettings($0.settings) }
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
        let problems = try await result(context) { result, connection in
            try ListProblems.page(result, after: page.afterID ?? 0, limit: page.fetchLimit, on: connection)
        }
        return Page.response(problems ?? [], page, id: \.id) { writer, problem in
            writer.object { IngestionRendering.problem(problem, in: &$0) }
        }
    }

    private static func filter(_ query: inout QueryReader) -> ConfFilter {
        ConfFilter(
            confType: query.string("conf_type", maxLength: mostCharacters), app: query.string("app", maxLength: mostCharacters),
            scope: query.string("scope", oneOf: ConfProvenance.Scope.allCases.map(\.rawValue)).flatMap(ConfProvenance.Scope.init),
            path: query.string("path", maxLength: mostCharacters))
    }

    /// Reads from the result of the run that the path names, in one snapshot; nil when there is no result yet.
    private func result<T: Sendable>(
        _ context: MillraceRequestContext, _ read: @escaping @Sendable (ReadRuns.Result, any Connection) throws -> T
    ) async throws -> T? {
        let id = try context.pathID()
        let tenant = context.tenant
        let found = try await service.database.read { connection -> T?? in
            guard let result = try ReadRuns.result(id, tenant: tenant, on: connection) else { return nil }
            guard let result else { return .some(nil) }
            return try read(result, connection)
        }
        guard let found else { throw Problem(.notFound) }
        return found
    }
}
