/// The bytes of an artifact, piece by piece. Read to its end it is closed; else ``close()`` closes it, or the end of the attempt.
public struct ArtifactReader: AsyncSequence, Sendable {
    /// What is read.
    public let artifact: Artifact
    let file: Int
    let artifacts: TaskArtifacts

    /// Closes it before its end.
    public func close() async {
        _ = await artifacts.call(.close(file: file))
    }

    /// Begins where the file was read to.
    public func makeAsyncIterator() -> Iterator { Iterator(reader: self) }

    /// Once for each reader: its place is the file's.
    public struct Iterator: AsyncIteratorProtocol {
        let reader: ArtifactReader

        /// The next piece, of a megabyte at most; nil at the end.
        /// - Throws: what ``TaskArtifacts`` says.
        public func next() async throws -> [UInt8]? {
            guard case .bytes(let bytes) = try await reader.artifacts.ask(.read(file: reader.file)) else { throw TaskArtifacts.unexpected }
            if !bytes.isEmpty { return Array(bytes) }
            await reader.close()
            return nil
        }
    }
}
