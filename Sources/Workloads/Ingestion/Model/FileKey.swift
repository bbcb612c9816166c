import Storage

/// What a file of a result is found by: the hash of one of its properties.
struct FileKey: Sendable {
    /// Stored, so the numbers never change.
    enum Kind: Int64, CaseIterable, Sendable {
        case path = 0
        case confType = 1
        case app = 2
        /// Files without an app; their hash is 0.
        case noApp = 3
    }

    let kind: Kind
    let hash: Int64

    init(_ kind: Kind, _ text: String) {
        self.init(kind, hash: TextHash.of(text))
    }

    init(_ kind: Kind, hash: Int64) {
        self.kind = kind
        self.hash = hash
    }

    /// Asks `k`, a row of `file_keys`, for this key in a result.
    func condition(_ result: ReadRuns.Result) -> SQL {
        "k.generation = \(result.generation) AND k.kind = \(kind.rawValue) AND k.hash = \(hash)"
    }
}
