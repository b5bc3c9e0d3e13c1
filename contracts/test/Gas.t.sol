// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MachineEvent} from "../src/EventRecords.sol";
import {System} from "./System.sol";

/// @notice What each call costs (execution only, without the transaction's own 21,000 and calldata), kept in
///         contracts/snapshots/machine.json: a change of any figure shows in review.
contract GasTest is System {
    uint256 private id;
    address private batcher = address(0xBA7C4);

    function setUp() public override {
        super.setUp();
        id = _registerFor(OPERATOR, MACHINE);
        _register(STRANGER);
        vm.prank(STRANGER);
        nft.mint(2, STRANGER);
        _submit(_activity(0));
        vm.etch(batcher, abi.encodePacked(hex"ef0100", EXECUTOR));
    }

    function test_gas_register() external {
        _register(address(0x5E1F));
        vm.snapshotGasLastCall("machine", "register");
    }

    function test_gas_registerFor() external {
        _registerFor(OPERATOR, address(0x5E1F));
        vm.snapshotGasLastCall("machine", "registerFor");
    }

    function test_gas_mint() external {
        vm.prank(MACHINE);
        nft.mint(id, MACHINE);
        vm.snapshotGasLastCall("machine", "mint");
    }

    function test_gas_submit_activity() external {
        _submit(_activity(1));
        vm.snapshotGasLastCall("machine", "submitEvent activity, data hash");
    }

    function test_gas_submit_revenue() external {
        MachineEvent memory e = _activity(1);
        e.eventType = 0;
        e.currency = "USD";
        e.trustLevel = 1;
        e.sourceTxHash = keccak256("tx");
        _submit(e);
        vm.snapshotGasLastCall("machine", "submitEvent revenue, source transaction");
    }

    function test_gas_submit_signed() external {
        MachineEvent memory e = _activity(1);
        e.trustLevel = 2;
        e.metadata = new bytes(96);
        _submit(e);
        vm.snapshotGasLastCall("machine", "submitEvent activity, 96 bytes of metadata");
    }

    function test_gas_submit_largest() external {
        MachineEvent memory e = _activity(1);
        e.value = type(uint256).max;
        e.metadata = new bytes(4096);
        _submit(e);
        vm.snapshotGasLastCall("machine", "submitEvent activity, 4096 bytes of metadata");
    }

    function test_gas_read_100() external {
        for (uint256 i = 1; i < 100; ++i) {
            _submit(_activity(i));
        }
        events.getEvents(id, 0, 100);
        vm.snapshotGasLastCall("machine", "getEvents, 100 activity events");
    }

    function test_gas_batch_of_50_events() external {
        uint256 own = _register(batcher);
        bytes[] memory data = new bytes[](50);
        for (uint256 i = 0; i < 50; ++i) {
            data[i] = abi.encodeCall(events.submitEvent, (own, 1, i, "", NOW, keccak256(abi.encode(i)), 0, 0, 0, ""));
        }
        _batch(address(events), data);
        vm.snapshotGasLastCall("machine", "batchAll, 50 activity events");
    }

    function test_gas_batch_of_a_machines_DID() external {
        string[6] memory names =
            ["machineId", "nftTokenId", "operator", "documentation_url", "data_api", "data_visibility"];
        bytes[] memory data = new bytes[](6);
        for (uint256 i = 0; i < 6; ++i) {
            data[i] = abi.encodeCall(DID.addAttribute, (batcher, bytes(names[i]), "https://machine.example/docs", 0));
        }
        _batch(address(DID), data);
        vm.snapshotGasLastCall("machine", "batchAll, six DID attributes");
    }

    function _batch(address target, bytes[] memory data) private {
        address[] memory to = new address[](data.length);
        for (uint256 i = 0; i < to.length; ++i) {
            to[i] = target;
        }
        bytes memory call =
            abi.encodeWithSelector(0x96e292b8, to, new uint256[](to.length), data, new uint64[](to.length));
        vm.prank(batcher);
        (bool ok,) = BATCH.call(call);
        vm.assertEq(ok, true);
    }

    function _activity(uint256 i) private view returns (MachineEvent memory) {
        return MachineEvent(id, 1, 5000 + i, NOW, keccak256(abi.encode(i)), 0, 0, 0, "", "");
    }

    function _submit(MachineEvent memory e) private {
        vm.prank(MACHINE);
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
}
