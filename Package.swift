// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let inMemoryLogging = Target.Dependency.product(name: "InMemoryLogging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let package = Package(
    name: "millrace",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "millrace", targets: ["MillraceBinary"]),
        .library(name: "Millrace", targets: ["Millrace"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration.git", exact: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system.git", exact: "1.8.1"),
        .package(url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", exact: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit.git", exact: "5.7.1"),
    ],
    targets: [
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"]), .brew(["libarchive"])]),
        .systemLibrary(name: "CLZMA", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"]), .brew(["xz"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),

        .systemLibrary(name: "CProcess"),

        .target(name: "JSONText", swiftSettings: strict),
        .target(name: "NetworkAddresses", swiftSettings: strict),
        .target(
            name: "Storage",
            dependencies: ["CLibPQ", "JSONText", grdb, grdbSQLite, crypto, logging, serviceLifecycle],
            swiftSettings: strict
        ),
        .target(
            name: "TaskEngine",
            dependencies: ["JSONText", "Storage", logging, metrics, serviceLifecycle],
            swiftSettings: strict
        ),
        .target(
            name: "WebCore",
            dependencies: [
                "JSONText", "NetworkAddresses", "Storage", "TaskEngine", coreMetrics, crypto, hummingbird, hummingbirdCore, httpTypes,
                jwtKit, logging, metrics, nioCore, nioHTTP1, nioHTTPTypes, nioSSL, nioTLS,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "WebAPI",
            dependencies: ["JSONText", "Storage", "TaskEngine", "WebCore", hummingbird, httpTypes, logging, nioCore],
            swiftSettings: strict
        ),
        .target(
            name: "Workloads",
            dependencies: [
                "CArchive", "CLZMA", "CZlib", "JSONText", "Storage", "TaskEngine", "WebCore", crypto, hummingbird, httpTypes, logging,
                nioCore,
                serviceLifecycle,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Executors",
            dependencies: [
                "CProcess", "JSONText", "NetworkAddresses", "TaskEngine", asyncHTTPClient, httpTypes, logging, nioCore, nioHTTP1, nioPosix,
                nioSSL,
                serviceLifecycle,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "App",
            dependencies: [
                "CZlib", "Executors", "JSONText", "NetworkAddresses", "Storage", "TaskEngine", "WebCore", "WebAPI", "Workloads",
                configuration,
                coreMetrics, hummingbird, hummingbirdCore,
                logging, metrics, nioCore, nioPosix, serviceLifecycle, unixSignals, systemPackage,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Commands",
            dependencies: [
                "App", "Executors", "JSONText", "Storage", "TaskEngine", argumentParser, asyncHTTPClient, logging, nioCore,
                serviceLifecycle,
            ],
            swiftSettings: strict
        ),
        // Depends on every Swift module, also on those that it does not import: only then does SwiftPM carry a module alias of the
        // package that uses the library to all of them (scripts/check-library).
        .target(
            name: "Millrace",
            dependencies: [
                "App", "Commands", "Executors", "JSONText", "NetworkAddresses", "Storage", "TaskEngine", "WebAPI", "WebCore", "Workloads",
                logging,
            ],
            swiftSettings: strict
        ),
        // Not named `millrace`: where file names ignore case, it could not stand beside the library.
        .executableTarget(name: "MillraceBinary", dependencies: ["Commands"], swiftSettings: strict),

        // The example is a package of its own (Examples/HelloTask/Package.swift). Here it is built once more, without the
        // package's own declarations in sight, so that the tests run it and it cannot use what is not public.
        .executableTarget(
            name: "HelloTask", dependencies: ["Millrace"], path: "Examples/HelloTask/Sources/HelloTask", packageAccess: false,
            swiftSettings: strict
        ),

        .target(
            name: "TestSupport",
            dependencies: ["JSONText", "Storage", "TaskEngine", logging, inMemoryLogging],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ExecutorsTests",
            dependencies: [
                "Executors", "JSONText", "NetworkAddresses", "Storage", "TaskEngine", "TestSupport", asyncHTTPClient, logging, nioCore,
                nioHTTP1, nioPosix,
                nioSSL,
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "JSONTextTests", dependencies: ["JSONText"], swiftSettings: strict),
        .testTarget(name: "StorageTests", dependencies: ["Storage", "TestSupport", logging], swiftSettings: strict),
        .testTarget(
            name: "TaskEngineTests",
            dependencies: ["JSONText", "Storage", "TaskEngine", "TestSupport", logging, serviceLifecycle],
            swiftSettings: strict
        ),
        .testTarget(
            name: "WebCoreTests",
            dependencies: [
                "JSONText", "NetworkAddresses", "Storage", "TaskEngine", "WebCore", "TestSupport", coreMetrics, crypto, cryptoExtras,
                hummingbird, hummingbirdCore, hummingbirdTesting, httpTypes, logging, inMemoryLogging, nioCore, nioEmbedded, nioHTTP1,
                nioHTTPTypes, nioPosix, nioSSL, nioTLS,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "WebAPITests",
            dependencies: [
                "App", "JSONText", "Storage", "TaskEngine", "WebCore", "WebAPI", "TestSupport", hummingbird, hummingbirdTesting, httpTypes,
                crypto,
                nioCore, logging,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "WorkloadsTests",
            dependencies: [
                "CArchive", "JSONText", "Storage", "TaskEngine", "WebCore", "Workloads", "TestSupport", crypto, hummingbird,
                hummingbirdTesting,
                httpTypes, nioCore, nioPosix, logging, serviceLifecycle,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "AppTests",
            dependencies: [
                "App", "Executors", "NetworkAddresses", "Storage", "TaskEngine", "TestSupport", "WebCore", "Workloads", logging,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["App", "CArchive", "JSONText", "Storage", "TaskEngine", "TestSupport", crypto, logging],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6]
)
