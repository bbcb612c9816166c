import Hummingbird
import Logging
import NIOEmbedded
import WebCore

extension MillraceRequestContext {
    /// A context as the server makes it, on a connection that leads nowhere.
    static func testing() -> MillraceRequestContext {
        var logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        logger[metadataKey: "hb.request.id"] = "test"
        return MillraceRequestContext(source: .init(channel: NIOAsyncTestingChannel(), logger: logger))
    }
}
