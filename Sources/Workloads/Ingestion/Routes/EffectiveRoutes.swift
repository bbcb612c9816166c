import Hummingbird
import JSONText
import Storage
import WebCore

/// The effective configuration of a run's result: what `splunk btool` shows on the host.
struct EffectiveRoutes: RouteGroup {
    let results: RunResults

    func register(in routes: inout Routes) {
        routes.get("/runs/{id}/effective", .viewer, effective)
    }

    /// The merged stanzas of a type in the order of their names, or one of them; secrets are masked.
    @Sendable private func effective(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let confType = query.string("conf_type", maxLength: ConfFilter.mostCharacters)
        let app = query.string("app", maxLength: ConfFilter.mostCharacters)
        let user = query.string("user", maxLength: ConfFilter.mostCharacters)
        let name = query.string("stanza", maxLength: ConfFilter.mostCharacters)
        let page = query.page(of: "run_effective")
        if confType == nil { query.problem("conf_type", "is missing: name a type of configuration, such as inputs") }
        if user != nil && app == nil { query.problem("user", "needs an app: a user's settings belong to one") }
        try query.finish()
        let confContext = ConfContext(app: app, user: user)
        let answer = try await results.read(context) { [confType] result, connection in
            let stanzas = EffectiveStanzas(confType: confType ?? "", context: confContext, result: result, connection: connection)
            return if let name { try stanzas.one(name) } else { try stanzas.page(after: page.afterID, limit: page.limit) }
        }
        return Self.response(try Self.page(answer), confType ?? "", page, context.settingMask)
    }

    private static func page(_ answer: EffectiveStanzas.Answer?) throws(Problem) -> EffectiveStanzas.Page {
        switch answer {
        case nil: return EffectiveStanzas.Page()
        case .page(let page): return page
        case .unknownApp:
            throw Problem(.invalidQuery, errors: [FieldProblem(pointer: "?app", detail: "is no app that is live in this run")])
        case .unknownCursor:
            throw Problem(.invalidCursor, "The run was read again since: begin again without the cursor.")
        case .tooLarge:
            throw Problem(
                .resultTooLarge, "The copies of a stanza hold more than \(StanzaCopies.mostBytes >> 20) MiB; read them with /stanzas.")
        }
    }

    private static func response(
        _ found: EffectiveStanzas.Page, _ confType: String, _ page: PageRequest, _ mask: SettingMask
    ) -> Response {
        .jsonObject { writer in
            writer.key("data")
            writer.array { array in
                for stanza in found.stanzas {
                    array.object { object in
                        object.field("name", stanza.name.text)
                        object.field("conf_type", confType)
                        object.key("settings")
                        object.array { settings in
                            for setting in stanza.settings { settings.object { write(setting, of: stanza, mask, in: &$0) } }
                        }
                    }
                }
            }
            writer.field("next_cursor", found.next.map { Cursor(page.list, id: $0).text })
        }
    }

    private static func write(
        _ setting: EffectiveStanza.Setting, of stanza: EffectiveStanza, _ mask: SettingMask, in writer: inout JSONWriter
    ) {
        let key = setting.key.text
        writer.field("key", key)
        write(setting.winner, key, of: stanza, mask, in: &writer)
        writer.field("hidden_count", setting.hiddenCount)
        writer.key("hides")
        writer.array { array in
            for hidden in setting.hidden { array.object { write(hidden, key, of: stanza, mask, in: &$0) } }
        }
    }

    private static func write(
        _ occurrence: EffectiveStanza.Occurrence, _ key: String, of stanza: EffectiveStanza, _ mask: SettingMask,
        in writer: inout JSONWriter
    ) {
        let copy = stanza.copies[occurrence.copy]
        writer.field("value", mask.shown(key, occurrence.value))
        writer.field("source_path", copy.path)
        writer.field("line", occurrence.line)
        writer.field("layer", copy.place.layer?.rawValue)
        writer.field("scope", copy.place.scope?.rawValue)
        writer.field("app", copy.place.app)
        writer.field("user", copy.place.user)
        writer.field("tree", copy.place.tree)
        writer.field("from_default", occurrence.isFromDefault)
    }
}
