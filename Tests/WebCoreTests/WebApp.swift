import CoreMetrics
import HTTPTypes
import Hummingbird
import JSONText
import Logging
import NIOCore
import Testing
import WebCore

/// A small application with the whole middleware chain, for tests of what a client sees.
struct WebApp {
    var metrics: any MetricsFactory = NOOPMetricsHandler.instance
    var isLoopbackOnly = true
    var logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    var limits = ServerLimits()
    var edge = Edge()
    var certificates: TLSCertificates?

    func make(_ register: (inout Routes) -> Void) -> Application<RouterResponder<MillraceRequestContext>> {
        var routes = Routes()
        register(&routes)
        let router = routes.makeRouter(metrics: metrics, isLoopbackOnly: isLoopbackOnly, edge: edge)
        return Application(
            router: router, server: .millrace(limits: limits, certificates: certificates),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)), logger: logger)
    }
}

/// A problem as the client reads it.
struct ReceivedProblem {
    let code: String?
    let requestID: String?
    let pointers: [String]

    /// A body that is no JSON reads as a problem without members.
    init(_ body: ByteBuffer) {
        let root = try? JSONDocument(parsing: body.readableBytesView).root
        code = root?["code"]?.string
        requestID = root?["request_id"]?.string
        pointers = root?["errors"]?.elements.compactMap { $0["pointer"]?.string } ?? []
    }
}
