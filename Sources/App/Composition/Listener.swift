import Foundation
import Hummingbird
import HummingbirdCore
import NIOCore
import ServiceLifecycle
import WebCore

/// The HTTP server on one address. Its only own word is for the moment at which people meet it: the address is taken.
struct Listener: Service {
    let application: Application<RouterResponder<MillraceRequestContext>>
    let address: BindAddress

    /// - Throws: ``ListenError`` when the address cannot be listened on.
    func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw ListenError("\(address) cannot be listened on: \(String(cString: strerror(error.errnoCode)))")
        }
    }
}

/// An address that cannot be listened on, with the system's reason.
package struct ListenError: Error, Sendable, CustomStringConvertible {
    /// One line for people.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension BindAddress: CustomStringConvertible {
    /// As it is spelled in a setting.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
