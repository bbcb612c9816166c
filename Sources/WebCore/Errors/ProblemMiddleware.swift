import HTTPTypes
package import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Storage

/// Turns everything that is thrown below it into problem+json, so that no answer is an empty 500 and nothing internal leaves the server.
///
/// A parse error in the middle of a body passes through: the connection can no longer be trusted and the server core answers 400 and closes it.
package struct ProblemMiddleware: RouterMiddleware {
    /// Works on every route's context.
    package typealias Context = MillraceRequestContext

    /// Creates the middleware.
    package init() {}

    /// Passes the request on and turns what is thrown into an answer.
    package func handle(
        _ request: Request, context: MillraceRequestContext, next: (Request, MillraceRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPParserError {
            throw error
        } catch {
            return respond(to: error, request: request, context: context)
        }
    }

    private func respond(to error: any Error, request: Request, context: MillraceRequestContext) -> Response {
        guard var problem = Problem(error) else {
            logUnknown(error, context: context)
            return Problem(.internalError, "The log has more under the request id.").response(requestID: context.requestID)
        }
        if let storageError = error as? StorageError {
            context.logger.warning("storage refused a request", metadata: ["error": "\(storageError)"])
        }
        if problem.code == .notFound, !Self.knownMethods.contains(request.method) {
            problem = Problem(.methodUnknown)
        }
        return problem.response(requestID: context.requestID)
    }

    /// A client that went away is no fault of the server.
    private func logUnknown(_ error: any Error, context: MillraceRequestContext) {
        let isConnectionGone = error is ChannelError || error is IOError
        context.logger.log(level: isConnectionGone ? .debug : .error, "request failed", metadata: ["error": "\(String(reflecting: error))"])
    }

    /// Methods for which every known path has an answer. The router knows no path for any other, which must not look like an unknown path.
    static let knownMethods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options, .trace, .connect]
}
