// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "HelloTask",
    platforms: [.macOS(.v15)],
    dependencies: [
        // In a project of your own: .package(url: "…/millrace.git", exact: "…")
        .package(name: "millrace", path: "../..")
    ],
    targets: [
        .executableTarget(
            name: "HelloTask",
            dependencies: [.product(name: "Millrace", package: "millrace")],
            swiftSettings: [.enableUpcomingFeature("MemberImportVisibility")]
        )
    ],
    swiftLanguageModes: [.v6]
)
