import Foundation
import Harness

/// Debian's PostgreSQL 15 in a throw-away cluster on a Unix socket, run as a user who is not root, and driven by its
/// own `pgbench` with one call of a stored procedure per order.
final class PostgresCluster: Sendable {
    static let binaries = "/usr/lib/postgresql/15/bin"
    private let directory: String
    /// What runs its programs as another user, where this process is root, which PostgreSQL refuses to be run by.
    private let prefix: [String]
    let version: String

    /// Starts a cluster under `parent`, or returns `nil` when PostgreSQL 15 is not installed.
    static func start(in parent: String) throws -> PostgresCluster? {
        guard FileManager.default.isExecutableFile(atPath: binaries + "/pgbench") else { return nil }
        return try PostgresCluster(parent)
    }

    private init(_ parent: String) throws {
        directory = parent + "/postgres"
        prefix = geteuid() == 0 ? ["/usr/sbin/runuser", "-u", "postgres", "--"] : []
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        if geteuid() == 0 {
            // The user needs to reach its directory through the one that is the benchmark's.
            for path in [parent, directory] { chmod(path, 0o755) }
            _ = try Self.run(["/bin/chown", "postgres", directory])
        }
        let data = directory + "/data"
        _ = try Self.run(
            prefix + [Self.binaries + "/initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync"]
        )
        // In the foreground: of a child that leaves a server behind, Foundation never learns that it has ended.
        let server = Self.process(
            prefix + [
                Self.binaries + "/postgres", "-D", data, "-k", directory, "-c", "listen_addresses=", "-c",
                "shared_buffers=256MB", "-c", "max_wal_size=4GB",
            ]
        )
        try server.run()
        let line = try Self.run([Self.binaries + "/postgres", "--version"])
        version = line.split(separator: " ").dropFirst(2).first.map(String.init) ?? "15"
        Suite.whenLeaving { [prefix] in
            _ = try? Self.run(prefix + [Self.binaries + "/pg_ctl", "-D", data, "-m", "immediate", "stop"])
        }
        let deadline = Date(timeIntervalSinceNow: 30)
        while (try? Self.run([Self.binaries + "/pg_isready", "-q", "-h", directory])) == nil {
            guard Date() < deadline, server.isRunning else { throw WrongResult("PostgreSQL does not start") }
            usleep(100_000)
        }
    }

    static let settings = [
        "durability": "fsync=on, synchronous_commit=on, wal_sync_method=fdatasync", "shared_buffers": "256MB",
        "client": "pgbench -M prepared, 16 connections on a Unix socket, 2 threads, one call per order",
    ]

    /// Makes the shop's tables, its stored procedure, and `skus` products with `stock` units each.
    func prepare(skus: Int, stock: Int) throws {
        let file = directory + "/schema.sql"
        try schema(skus: skus, stock: stock).write(toFile: file, atomically: true, encoding: .utf8)
        _ = try Self.run(
            [Self.binaries + "/psql", "-h", directory, "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-q", "-f", file]
        )
        // Each connection takes numbers of its own out of one sequence, so that no key is used twice.
        try "SELECT place_order(nextval('order_number'));\n".write(
            toFile: directory + "/place.sql",
            atomically: true,
            encoding: .utf8
        )
    }

    /// Places orders by 16 connections; returns nanoseconds per order, without the time to connect.
    func place(_ operations: Int) throws -> Double {
        let output = try Self.run(
            [
                Self.binaries + "/pgbench", "-h", directory, "-U", "postgres", "-n", "-M", "prepared", "-c", "16", "-j",
                "2", "-t", "\(max(1, operations / 16))", "-f", directory + "/place.sql", "postgres",
            ]
        )
        guard let line = output.split(separator: "\n").first(where: { $0.hasPrefix("tps = ") }),
            let rate = line.split(separator: " ").dropFirst(2).first.flatMap({ Double($0) }), rate > 0,
            output.contains("number of failed transactions: 0")
        else {
            throw WrongResult("pgbench said: \(output)")
        }
        return 1e9 / rate
    }

    /// How many orders there are.
    func count() throws -> Int {
        let output = try Self.run(
            [
                Self.binaries + "/psql", "-h", directory, "-U", "postgres", "-t", "-A", "-c",
                "SELECT count(*) FROM orders",
            ]
        )
        return Int(output.trimmingCharacters(in: .whitespacesAndNewlines)) ?? -1
    }

    /// A process that is heard by nobody.
    private static func process(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        return process
    }

    private static func run(_ arguments: [String]) throws -> String {
        let process = process(arguments)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw WrongResult("\(arguments.joined(separator: " ")) ended with \(process.terminationStatus)")
        }
        return String(decoding: data, as: UTF8.self)
    }

    private func schema(skus: Int, stock: Int) -> String {
        """
        CREATE TABLE sku (id bigint PRIMARY KEY, name text NOT NULL, price bigint NOT NULL,
            stock bigint NOT NULL CHECK (stock >= 0));
        CREATE TABLE orders (id bigserial PRIMARY KEY, key text NOT NULL UNIQUE, customer text NOT NULL,
            state int NOT NULL DEFAULT 1, total bigint NOT NULL, placed timestamptz NOT NULL DEFAULT now());
        CREATE INDEX orders_of ON orders (customer);
        CREATE INDEX orders_in ON orders (state, placed);
        CREATE TABLE line (orderid bigint NOT NULL REFERENCES orders (id), number int NOT NULL,
            sku bigint NOT NULL REFERENCES sku (id), quantity bigint NOT NULL, price bigint NOT NULL,
            PRIMARY KEY (orderid, number));
        CREATE TABLE payment (id bigserial PRIMARY KEY, orderid bigint NOT NULL REFERENCES orders (id),
            amount bigint NOT NULL);
        CREATE TABLE posting (id bigserial PRIMARY KEY, orderid bigint NOT NULL, account text NOT NULL,
            amount bigint NOT NULL);
        INSERT INTO sku SELECT n, 'product ' || n, 1999, \(stock) FROM generate_series(0, \(skus - 1)) n;
        CREATE SEQUENCE order_number MINVALUE 0;
        CREATE FUNCTION place_order(number bigint) RETURNS bigint LANGUAGE plpgsql AS $$
        DECLARE
            wanted text := 'order-' || number;
            known bigint;
            item bigint;
            product bigint;
        BEGIN
            SELECT id INTO known FROM orders WHERE key = wanted;
            IF FOUND THEN RETURN known; END IF;
            FOR item IN 0..2 LOOP
                UPDATE sku SET stock = stock - 1 WHERE id = (number * 3 + item) % \(skus) AND stock >= 1;
                IF NOT FOUND THEN RAISE EXCEPTION 'no stock'; END IF;
            END LOOP;
            INSERT INTO orders (key, customer, total) VALUES (wanted, 'customer-' || number % 1000, 5997)
                RETURNING id INTO known;
            FOR item IN 0..2 LOOP
                product := (number * 3 + item) % \(skus);
                INSERT INTO line VALUES (known, item, product, 1, 1999);
            END LOOP;
            INSERT INTO payment (orderid, amount) VALUES (known, 5997);
            INSERT INTO posting (orderid, account, amount) VALUES (known, 'receivable', 5997), (known, 'sales', -5997);
            RETURN known;
        END $$;
        """
    }
}
