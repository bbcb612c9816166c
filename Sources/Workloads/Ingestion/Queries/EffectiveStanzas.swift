import Storage

/// Merges stanzas as Splunk does, in one snapshot. The caller has read the result for its tenant.
struct EffectiveStanzas {
    /// Names that are merged at once.
    private static let namesAtOnce = 50

    /// Merged stanzas in the order of their names.
    struct Page: Sendable {
        var stanzas: [EffectiveStanza] = []
        /// A stanza with the last name that was looked at, to go on from; nil when there is no other page.
        var next: Int64?
    }

    enum Answer: Sendable {
        case page(Page)
        /// No live app of the result has the context's name.
        case unknownApp
        /// The cursor's stanza is not in the result.
        case unknownCursor
        /// The copies of one stanza hold more than ``StanzaCopies/mostBytes``.
        case tooLarge
    }

    let confType: String
    let context: ConfContext
    let result: ReadRuns.Result
    let connection: any Connection

    /// One stanza; an empty page when the context has none of this name.
    func one(_ name: String) throws -> Answer {
        guard try isKnown() else { return .unknownApp }
        guard let stanzas = try merge([ExactText(name)]) else { return .tooLarge }
        return .page(Page(stanzas: stanzas))
    }

    /// All stanzas, page by page; a page of large ones, or of ones that other apps keep to themselves, has fewer than asked for.
    /// - Parameter last: a stanza with the last name of the page before; nil begins.
    func page(after last: Int64?, limit: Int) throws -> Answer {
        guard try isKnown() else { return .unknownApp }
        var after: ExactText?
        if let last {
            after = try StanzaNames.name(of: last, result, on: connection)
            if after == nil { return .unknownCursor }
        }
        let names = try StanzaNames.page(confType: confType, context, result, after: after, limit: limit + 1, on: connection)
        return try merge(names, limit: limit)
    }

    private func isKnown() throws -> Bool {
        guard let app = context.app else { return true }
        return try StanzaCopies.hasApp(app, result, on: connection)
    }

    private func merge(_ names: [StanzaNames.Entry], limit: Int) throws -> Answer {
        var page = Page()
        var bytes = 0
        var position = 0
        var step = Self.namesAtOnce
        let wanted = min(names.count, limit)
        while position < wanted, bytes < ListStanzas.mostBytes {
            let some = names[position..<min(position + step, wanted)]
            guard let stanzas = try merge(some.map(\.name)) else {
                if step == 1 { return .tooLarge }
                step = 1
                continue
            }
            page.stanzas += stanzas
            bytes += stanzas.reduce(0) { $0 + $1.byteCount }
            position += some.count
        }
        if position < names.count { page.next = position > 0 ? names[position - 1].id : nil }
        return .page(page)
    }

    /// - Returns: the stanzas that can be seen, in the order of `names`; nil when they are too large.
    private func merge(_ names: [ExactText]) throws -> [EffectiveStanza]? {
        let copies = try StanzaCopies.read(
            Set(names).union([EffectiveStanza.defaultName]), confType: confType, context, result, on: connection)
        guard let copies else { return nil }
        let rules = try rules(copies)
        // Grouping keeps the order.
        let byName = Dictionary(grouping: copies, by: \.name)
        let defaults = byName[EffectiveStanza.defaultName] ?? []
        return names.compactMap { name in
            EffectiveStanza(
                name, own: byName[name] ?? [], defaults: name == EffectiveStanza.defaultName ? [] : defaults, isVisible: rules.isVisible)
        }
    }

    /// What the other apps share of these stanzas.
    private func rules(_ copies: [StanzaCopy]) throws -> Visibility {
        let others = copies.filter { $0.rank.step == .otherApps }
        guard !others.isEmpty else { return Visibility(confType, [], try ExportRules([])) }
        // Copies are many, and what they are called is few.
        var objects: Set<[ExactText]> = []
        for copy in others {
            objects.insert([copy.name])
            for setting in copy.settings where ExportRules.isObject(setting.key, of: confType) {
                objects.insert([copy.name, ExactText(setting.key)])
            }
        }
        var names: Set<ExactText> = [ExactText(""), ExactText(confType)]
        for object in objects { names.formUnion(ExportRules.spellings(confType: confType, object.map(\.text))) }
        return Visibility(confType, others, try ExportRules(try ExportEntries.read(names, result, on: connection)))
    }

    /// What of the copies can be seen: everything but what other apps keep to themselves.
    private struct Visibility {
        let confType: String
        let rules: ExportRules
        /// Of the other apps' copies, by id: whether the stanza is shared as a whole.
        private var shared: [Int64: Bool] = [:]

        init(_ confType: String, _ others: [StanzaCopy], _ rules: ExportRules) {
            self.confType = confType
            self.rules = rules
            for copy in others {
                shared[copy.id] = copy.place.app.map { rules.isExported(app: $0, confType: confType, stanza: copy.name.text) } ?? false
            }
        }

        func isVisible(_ copy: StanzaCopy, _ key: String?) -> Bool {
            guard let shared = shared[copy.id] else { return true }
            guard let key, let app = copy.place.app, rules.hasDeepNames, ExportRules.isObject(key, of: confType) else { return shared }
            return rules.isExported(app: app, confType: confType, stanza: copy.name.text, key: key)
        }
    }
}

extension EffectiveStanza {
    /// About the bytes that it takes in an answer.
    fileprivate var byteCount: Int {
        settings.reduce(0) { sum, setting in
            setting.hidden.reduce(sum + setting.key.text.utf8.count + setting.winner.value.utf8.count + 200) {
                $0 + $1.value.utf8.count + 200
            }
        }
    }
}
