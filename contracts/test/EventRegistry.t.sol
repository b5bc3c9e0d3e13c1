// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";
import {EventRecords, MachineEvent} from "../src/EventRecords.sol";
import {EventRegistry} from "../src/EventRegistry.sol";
import {EventRegistryBase} from "../src/EventRegistryBase.sol";
import {EventRegistryV1} from "../src/devnet/EventRegistryV1.sol";
import {System} from "./System.sol";

/// @notice Guarantees: only a machine or its operator appends, what is appended comes back exactly and never changes.
contract EventRegistryTest is System {
    uint256 internal id;

    function setUp() public override {
        super.setUp();
        id = _registerFor(OPERATOR, MACHINE);
    }

    function test_the_machine_and_its_operator_submit() external {
        vm.expectEmit(address(events));
        emit EventRegistry.EventSubmitted(id, 0, 0, 1250, "USD");
        vm.prank(MACHINE);
        _submit(_revenue());
        vm.expectEmit(address(events));
        emit EventRegistry.EventSubmitted(id, 1, 1, 7, "");
        vm.prank(OPERATOR);
        _submit(_activity());
        vm.assertEq(events.getEventCount(id), 2);
        vm.assertEq(events.totalEventCount(), 2);
        _assertSame(events.getEventAt(id, 0), _revenue());
        _assertSame(events.getEventAt(id, 1), _activity());
    }

    /// @dev Any event that may be submitted comes back exactly, whatever its sizes.
    function testFuzz_an_event_is_kept_exactly(MachineEvent memory event_, uint8 letters) external {
        event_.machineId = id;
        event_.eventType = uint8(_bound(event_.eventType, 0, 1));
        event_.trustLevel = uint8(_bound(event_.trustLevel, 0, 2));
        event_.timestamp = _bound(event_.timestamp, 0, NOW);
        event_.currency = event_.eventType == 1 ? "" : _currency(_bound(letters, 3, 10), letters);
        vm.assume(event_.metadata.length <= 4096);
        vm.prank(MACHINE);
        _submit(event_);
        _assertSame(events.getEventAt(id, 0), event_);
    }

    function test_extreme_values_are_kept_exactly() external {
        MachineEvent memory event_ = _revenue();
        event_.value = type(uint256).max;
        event_.sourceChainId = type(uint256).max;
        event_.sourceTxHash = bytes32(type(uint256).max);
        event_.currency = "A1B2C3D4E5";
        event_.metadata = new bytes(4096);
        event_.metadata[4095] = 0xff;
        vm.warp(type(uint64).max);
        event_.timestamp = type(uint64).max;
        vm.prank(MACHINE);
        _submit(event_);
        _assertSame(events.getEventAt(id, 0), event_);
        event_ = _activity();
        event_.value = 0;
        event_.timestamp = 0;
        event_.dataHash = 0;
        vm.prank(MACHINE);
        _submit(event_);
        _assertSame(events.getEventAt(id, 1), event_);
    }

    function test_refuses_by_rule() external {
        MachineEvent memory event_ = _revenue();
        event_.machineId = 9;
        _refused(MACHINE, event_, EventRegistryBase.MachineNotFound.selector);
        event_.machineId = _registerUnbonded(STRANGER);
        _refused(STRANGER, event_, EventRegistryBase.MachineNotBonded.selector);
        event_ = _revenue();
        _refused(STRANGER, event_, EventRegistryBase.NotAuthorizedSubmitter.selector);
        event_.timestamp = NOW + 1;
        _refused(MACHINE, event_, EventRegistryBase.FutureTimestamp.selector);
        event_ = _revenue();
        event_.eventType = 2;
        _refused(MACHINE, event_, EventRegistryBase.InvalidEventType.selector);
        event_ = _revenue();
        event_.trustLevel = 3;
        _refused(MACHINE, event_, EventRegistryBase.InvalidTrustLevel.selector);
        event_ = _revenue();
        event_.metadata = new bytes(4097);
        _refused(MACHINE, event_, EventRegistryBase.MetadataTooLarge.selector);
        vm.prank(MACHINE);
        registry.deactivateMachine(id);
        _refused(MACHINE, _revenue(), EventRegistryBase.MachineDeactivated.selector);
        vm.prank(OPERATOR);
        registry.reactivateMachine(id);
        vm.prank(MACHINE);
        _submit(_revenue());
    }

    function test_currency_shapes() external {
        string[8] memory bad = ["", "US", "ABCDEFGHIJK", "usd", "US$", "U D", "US@", "US["];
        for (uint256 i = 0; i < bad.length; ++i) {
            MachineEvent memory event_ = _revenue();
            event_.currency = bad[i];
            _refused(MACHINE, event_, EventRegistry.InvalidCurrencyShape.selector);
        }
        string[4] memory good = ["USD", "A09", "ZZZZZZZZZZ", "0123"];
        for (uint256 i = 0; i < good.length; ++i) {
            MachineEvent memory event_ = _revenue();
            event_.currency = good[i];
            vm.prank(MACHINE);
            _submit(event_);
            vm.assertEq(events.getEventAt(id, i).currency, good[i]);
        }
        MachineEvent memory activity = _activity();
        activity.currency = "USD";
        _refused(MACHINE, activity, EventRegistry.InvalidCurrencyShape.selector);
        vm.assertEq(events.CURRENCY_MIN_LEN(), 3);
        vm.assertEq(events.CURRENCY_MAX_LEN(), 10);
    }

    function test_pages() external {
        for (uint256 i = 0; i < 103; ++i) {
            MachineEvent memory event_ = _activity();
            event_.value = i;
            vm.prank(MACHINE);
            _submit(event_);
        }
        MachineEvent[] memory page = events.getEvents(id, 0, 1000);
        vm.assertEq(page.length, 100);
        vm.assertEq(page[99].value, 99);
        page = events.getEvents(id, 100, 100);
        vm.assertEq(page.length, 3);
        vm.assertEq(page[2].value, 102);
        page = events.getEvents(id, 10, 2);
        vm.assertEq(page.length, 2);
        vm.assertEq(page[0].value, 10);
        vm.assertEq(events.getEvents(id, 103, 5).length, 0);
        vm.assertEq(events.getEvents(id, 0, 0).length, 0);
        vm.assertEq(events.getEvents(77, 0, 5).length, 0);
        vm.assertEq(events.getEvents(id, 0, type(uint256).max).length, 100);
        vm.expectRevert(EventRegistryBase.OffsetOutOfBounds.selector);
        events.getEvents(id, 104, 5);
        vm.expectRevert(EventRegistryBase.OffsetOutOfBounds.selector);
        events.getEvents(id, type(uint256).max, 5);
        vm.expectRevert(EventRegistryBase.OffsetOutOfBounds.selector);
        events.getEventAt(id, 103);
    }

    function test_pause_stops_submissions_not_reading() external {
        vm.prank(MACHINE);
        _submit(_revenue());
        vm.prank(STRANGER);
        _expectNotOwner(STRANGER);
        events.pause();
        vm.prank(STRANGER);
        _expectNotOwner(STRANGER);
        events.unpause();
        vm.prank(ADMIN);
        events.pause();
        _refused(MACHINE, _revenue(), PausableUpgradeable.EnforcedPause.selector);
        vm.assertEq(events.getEvents(id, 0, 1).length, 1);
        vm.prank(ADMIN);
        events.unpause();
        vm.prank(MACHINE);
        _submit(_revenue());
    }

    function test_a_record_is_code_at_its_own_address() external {
        address record = events.recordAddress(id, 0);
        vm.assertEq(record.code.length, 0);
        vm.prank(MACHINE);
        _submit(_revenue());
        vm.assertEq(record.code[0] == 0x00, true);
        vm.expectRevert();
        events.pendingRecord();
    }

    /// @dev Layout and creation code must never change: an upgraded registry has to find and read old records.
    function test_layout_and_address_of_records_are_fixed() external {
        vm.prank(MACHINE);
        _submit(MachineEvent(id, 0, 0x1234, 0x6A000000, keccak256("d"), 2, 0x0D0A, keccak256("t"), hex"beef", "USD"));
        bytes memory expected = abi.encodePacked(
            hex"001c02040203", // STOP, flags, lengths of value, timestamp, source chain, currency
            hex"1234",
            hex"6a000000",
            hex"0d0a",
            "USD",
            keccak256("d"),
            keccak256("t"),
            hex"beef"
        );
        vm.assertEq(events.recordAddress(id, 0).code, expected);
        bytes32 creation = keccak256(hex"63e37e4d265f525f5f6004601c335afa6016575f5ffd5b3d5f5f3e3d5ff3");
        bytes32 hash = keccak256(abi.encodePacked(hex"ff", address(events), keccak256(abi.encode(id, 0)), creation));
        vm.assertEq(events.recordAddress(id, 0), address(uint160(uint256(hash))));
    }

    /// @dev A record can never be written twice: the EVM refuses to deploy where there is code.
    function test_an_occupied_record_address_is_an_error() external {
        vm.etch(events.recordAddress(id, 0), hex"00");
        _refused(MACHINE, _revenue(), EventRecords.FailedDeployment.selector);
    }

    function test_settings() external {
        vm.assertEq(events.identityRegistryAddress(), address(registry));
        vm.assertEq(events.identityStakingAddress(), address(staking));
        vm.startPrank(STRANGER);
        _expectNotOwner(STRANGER);
        events.setIdentityRegistry(STRANGER);
        _expectNotOwner(STRANGER);
        events.setIdentityStaking(STRANGER);
        vm.stopPrank();
        vm.startPrank(ADMIN);
        vm.expectRevert(EventRegistryBase.InvalidAddress.selector);
        events.setIdentityRegistry(address(0));
        vm.expectRevert(EventRegistryBase.InvalidAddress.selector);
        events.setIdentityStaking(address(0));
        vm.expectEmit(address(events));
        emit EventRegistryBase.IdentityRegistrySet(STRANGER);
        events.setIdentityRegistry(STRANGER);
        vm.expectEmit(address(events));
        emit EventRegistryBase.IdentityStakingSet(STRANGER);
        events.setIdentityStaking(STRANGER);
    }

    function test_initialize_and_upgrade() external {
        vm.prank(MACHINE);
        _submit(_revenue());
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        events.initialize(address(registry), address(staking), ADMIN);
        address implementation = address(new EventRegistry());
        vm.prank(STRANGER);
        _expectNotOwner(STRANGER);
        events.upgradeToAndCall(implementation, "");
        vm.prank(ADMIN);
        events.upgradeToAndCall(implementation, "");
        _assertSame(events.getEventAt(id, 0), _revenue());
    }

    function test_the_older_version_has_no_currency() external {
        EventRegistryV1 older = EventRegistryV1(
            _proxy(
                address(new EventRegistryV1()),
                abi.encodeWithSignature(
                    "initialize(address,address,address)", address(registry), address(staking), ADMIN
                )
            )
        );
        vm.expectEmit(address(older));
        emit EventRegistryV1.EventSubmitted(id, 0, 0, 99);
        vm.prank(MACHINE);
        older.submitEvent(id, 0, 99, NOW, bytes32(uint256(1)), 1, 3338, bytes32(uint256(2)), "m");
        EventRegistryV1.MachineEventV1 memory event_ = older.getEventAt(id, 0);
        vm.assertEq(event_.value, 99);
        vm.assertEq(event_.sourceTxHash, bytes32(uint256(2)));
        vm.assertEq(event_.metadata, bytes("m"));
        vm.assertEq(older.getEvents(id, 0, 10).length, 1);
        // The other version's call fails without data: what a client sees that did not look.
        vm.prank(MACHINE);
        (bool ok, bytes memory answer) =
            address(older).call(abi.encodeCall(events.submitEvent, (id, 0, 1, "USD", NOW, 0, 0, 0, 0, "")));
        vm.assertEq(ok, false);
        vm.assertEq(answer.length, 0);
    }

    function _revenue() internal view returns (MachineEvent memory) {
        return MachineEvent(id, 0, 1250, NOW - 60, keccak256("raw"), 1, 3338, keccak256("tx"), "meta", "USD");
    }

    function _activity() internal view returns (MachineEvent memory) {
        return MachineEvent(id, 1, 7, NOW, keccak256("raw"), 0, 0, 0, "", "");
    }

    function _currency(uint256 length, uint256 seed) private pure returns (string memory) {
        bytes memory text = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            text[i] = bytes("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")[(seed * (i + 1)) % 36];
        }
        return string(text);
    }

    function _submit(MachineEvent memory e) internal {
        events.submitEvent(
            e.machineId,
            e.eventType,
            e.value,
            e.currency,
            e.timestamp,
            e.dataHash,
            e.trustLevel,
            e.sourceChainId,
            e.sourceTxHash,
            e.metadata
        );
    }

    function _refused(address caller, MachineEvent memory event_, bytes4 selector) internal {
        vm.prank(caller);
        vm.expectRevert(selector);
        _submit(event_);
    }

    function _assertSame(MachineEvent memory left, MachineEvent memory right) internal pure {
        vm.assertEq(abi.encode(left), abi.encode(right));
    }
}
