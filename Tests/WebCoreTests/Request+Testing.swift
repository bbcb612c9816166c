import HTTPTypes
import Hummingbird
import NIOCore

extension Request {
    /// A request as a handler sees it.
    static func testing(_ path: String, method: HTTPRequest.Method = .get, headers: HTTPFields = [:], body: String = "") -> Request {
        Request(
            head: .init(method: method, scheme: "http", authority: "localhost", path: path, headerFields: headers),
            body: .init(buffer: ByteBuffer(string: body)))
    }
}
