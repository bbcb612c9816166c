import JSONText
import Logging

/// Sends a handler's lines to the engine's process, where they are stored with the task.
struct ChildLogHandler: LogHandler {
    /// Bytes of a line; a longer one is cut there too.
    static let longest = 8000

    let send: @Sendable (Logger.Level, String) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    init(send: @escaping @Sendable (Logger.Level, String) -> Void) {
        self.send = send
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var text = event.message.description
        for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
            text += " \(key)=\(value)"
        }
        send(event.level, text.prefix(bytes: Self.longest))
    }
}
