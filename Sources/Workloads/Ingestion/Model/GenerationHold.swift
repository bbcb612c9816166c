/// An attempt's right to write a generation. It ends when a later attempt takes the generation over or begins another:
/// every write names it and is refused from then on.
struct GenerationHold: Sendable {
    /// The generation's id.
    let generation: Int64
    /// Taken anew by each attempt; `run_generations.writer` holds the latest.
    let token: Int64
}
