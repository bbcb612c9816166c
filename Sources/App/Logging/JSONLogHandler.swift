import Foundation
import JSONText
package import Logging
import Synchronization
import WebCore

/// `LOG_FORMAT=json`: one object a line on standard error, `time, level, logger, message` and the metadata as strings.
package struct JSONLogHandler: LogHandler {
    private let label: String
    /// Lines below this are not written.
    package var logLevel: Logger.Level = .info
    /// Joined to every line.
    package var metadata: Logger.Metadata = [:]

    /// - Parameter label: the logger's.
    package init(label: String) {
        self.label = label
    }

    /// One value of ``metadata``.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    package func log(event: LogEvent) {
        var writer = JSONWriter(capacity: 256)
        writer.object { object in
            object.field("time", Date().ISO8601Format(.iso8601(timeZone: .gmt, includingFractionalSeconds: true)))
            object.field("level", event.level.rawValue)
            object.field("logger", label)
            object.field("message", event.message.description)
            for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
                object.field(key, "\(value)")
            }
        }
        // One write per line: lines of several threads do not mix.
        FileHandle.standardError.write(Data(writer.bytes + [UInt8(ascii: "\n")]))
    }
}
