import Hummingbird
import JSONText
import Storage
import WebCore

/// The typed tables of a run's result: `/runs/{id}/inputs`, `/props` and the others of ``Projection/all``.
struct ProjectionRoutes: RouteGroup {
    let results: RunResults

    func register(in routes: inout Routes) {
        for projection in Projection.all {
            routes.get("/runs/{id}/\(projection.path)", .viewer) { request, context in try await list(projection, request, context) }
        }
    }

    /// The stanzas of one type in the order of the archive, one row each. A page of very large stanzas has fewer than asked for.
    private func list(_ projection: Projection, _ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        var filter = ConfFilter(files: &query)
        filter.confType = projection.confType
        filter.name = query.string("name", maxLength: ConfFilter.mostCharacters)
        let page = query.page(of: "run_" + projection.path)
        try query.finish()
        let found = try await results.read(context) { [filter] result, connection in
            try ListStanzas.page(result, filter, after: page.afterID ?? 0, limit: page.limit, on: connection)
        }
        let mask = context.settingMask
        let stanzas = found ?? StanzaPage()
        let rows = try stanzas.stanzas.map { (stanza: $0, columns: ProjectedStanza(try ConfSetting.decode($0.settings), projection, mask)) }
        return .jsonObject { writer in
            writer.key("data")
            writer.array { array in
                for row in rows {
                    array.object { object in
                        IngestionRendering.head(row.stanza, of: stanzas.files[row.stanza.fileID], in: &object)
                        Self.columns(row.stanza.name, row.columns, projection, mask, in: &object)
                    }
                }
            }
            writer.field("next_cursor", stanzas.hasMore ? stanzas.stanzas.last.map { Cursor(page.list, id: $0.id).text } : nil)
        }
    }

    private static func columns(
        _ name: String, _ stanza: ProjectedStanza, _ projection: Projection, _ mask: SettingMask, in writer: inout JSONWriter
    ) {
        for column in projection.head.columns(of: name) { writer.field(column.name, column.value) }
        for (column, value) in zip(projection.columns, stanza.values) {
            writer.key(column.name)
            if let value { value.write(in: &writer) } else { writer.null() }
        }
        writer.key("other")
        MaskedSettings.write(stanza.other, mask, in: &writer)
    }
}
