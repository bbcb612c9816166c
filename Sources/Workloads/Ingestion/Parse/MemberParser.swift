/// Parses the members of one batch after the other, beside the reader and other parsers.
///
/// It knows nothing of the run: what it gives depends on the bytes alone, so it does not matter who parses what, or how often.
struct MemberParser: Sendable {
    let limits: ConfLimits

    /// Takes batches until there are no more.
    /// - Throws: `CancellationError` when the reading was stopped.
    func run(_ batches: Handover<MemberBatch>) async throws {
        while let batch = try await batches.take() { try await parse(batch) }
    }

    /// Hands all that a batch holds to its ``MemberBatch/pieces``, and says that it was all.
    func parse(_ batch: MemberBatch) async throws {
        var output = Output(pieces: batch.pieces)
        for (index, member) in batch.members {
            switch member {
            case .file(let path, let provenance, let isRepeated, let range):
                let contents = batch.contents.slice(range.lowerBound, range.upperBound)
                try await parse(contents, path: path, provenance: provenance, isRepeated, &output)
            case .omitted(let reason): try await output.append(.omitted(reason))
            case .refused(let path, let reason, let detail):
                try await output.append(.refused(path: path, reason: reason, detail: detail))
            }
            try await output.append(.memberEnd(index))
        }
        try await output.finish()
    }

    /// Parses one file where its bytes are, for one that is too large to be copied.
    /// - Parameter contents: valid until this returns.
    func parse(
        _ contents: UnsafeRawBufferPointer, path: String, provenance: ConfProvenance, isRepeated: Bool = false, index: Int,
        into pieces: Handover<ParsedPiece>
    ) async throws {
        var output = Output(pieces: pieces)
        try await parse(contents, path: path, provenance: provenance, isRepeated, &output)
        try await output.append(.memberEnd(index))
        try await output.finish()
    }

    private func parse(
        _ contents: UnsafeRawBufferPointer, path: String, provenance: ConfProvenance, _ isRepeated: Bool, _ output: inout Output
    ) async throws {
        try await output.append(.file(path: path, size: contents.count, provenance: provenance))
        if isRepeated {
            let detail = "the archive holds this path more than once; all are kept, and the last one is the one that counts"
            try await output.append(.problem(line: nil, code: ParsedProblem.repeatedPath, detail: detail))
        }
        var stanzas = ConfStanzaReader(contents, limits: limits)
        while let stanza = stanzas.next() { try await output.append(.stanza(stanza)) }
        for problem in stanzas.problems {
            try await output.append(.problem(line: problem.line, code: problem.code.rawValue, detail: problem.detail))
        }
        if stanzas.omittedProblems > 0 {
            let detail = "\(stanzas.omittedProblems) further problems of this file are not listed"
            try await output.append(.problem(line: nil, code: ParsedProblem.more, detail: detail))
        }
        let problemCount = stanzas.problems.count + stanzas.omittedProblems + (isRepeated ? 1 : 0)
        try await output.append(.fileEnd(problemCount: problemCount, ignoredLines: stanzas.ignoredLines))
    }
}

/// Gathers items into pieces and hands these on.
private struct Output {
    let pieces: Handover<ParsedPiece>
    private var piece = ParsedPiece()

    init(pieces: Handover<ParsedPiece>) {
        self.pieces = pieces
    }

    @inline(__always)
    mutating func append(_ item: ParsedItem) async throws {
        piece.append(item)
        if piece.isFull { try await handOn() }
    }

    mutating func finish() async throws {
        if !piece.items.isEmpty { try await handOn() }
        pieces.finish()
    }

    private mutating func handOn() async throws {
        let full = piece
        piece = ParsedPiece()
        try await pieces.put(full, cost: full.cost)
    }
}
