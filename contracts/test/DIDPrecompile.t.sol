// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDID} from "../src/interfaces/IDID.sol";
import {System} from "./System.sol";

/// @dev Calls the stand-in in ways an account cannot.
contract DIDCaller {
    function staticAdd(address did) external view returns (bool ok, bytes memory answer) {
        return did.staticcall(abi.encodeCall(IDID.addAttribute, (address(this), "n", "v", 0)));
    }

    function delegated(address did) external returns (bool ok, bytes memory answer) {
        return did.delegatecall(abi.encodeCall(IDID.addAttribute, (address(this), "n", "v", 0)));
    }
}

/// @notice Guarantees: the stand-in answers, refuses and logs as the chain's precompile, word for word.
contract DIDPrecompileTest is System {
    string private constant FAILED = "Dispatched call failed with error: Module(ModuleError { index: 100, error: [";

    function test_add_read_update_remove() external {
        vm.roll(100);
        vm.startPrank(MACHINE);
        vm.expectEmit(address(DID));
        emit IDID.AddAttribute(MACHINE, MACHINE, "machineId", "42", 50);
        vm.assertEq(DID.addAttribute(MACHINE, "machineId", "42", 50), true);
        IDID.Attribute memory attribute = DID.readAttribute(MACHINE, "machineId");
        vm.assertEq(attribute.name, bytes("machineId"));
        vm.assertEq(attribute.value, bytes("42"));
        vm.assertEq(uint256(attribute.validity), 150);
        vm.assertEq(attribute.created, NOW * 1000);

        vm.warp(NOW + 60);
        vm.roll(1000);
        vm.expectEmit(address(DID));
        emit IDID.UpdateAttribute(MACHINE, MACHINE, "machineId", "43", 0);
        vm.assertEq(DID.updateAttribute(MACHINE, "machineId", "43", 0), true);
        attribute = DID.readAttribute(MACHINE, "machineId");
        vm.assertEq(attribute.value, bytes("43"));
        vm.assertEq(uint256(attribute.validity), 4294967295);
        vm.assertEq(attribute.created, NOW * 1000);

        vm.expectEmit(address(DID));
        emit IDID.RemoveAttribute(MACHINE, "machineId");
        vm.assertEq(DID.removeAttribute(MACHINE, "machineId"), true);
        vm.expectRevert(_text("Cannot find the item"));
        DID.readAttribute(MACHINE, "machineId");
        DID.addAttribute(MACHINE, "machineId", "", 0);
        vm.assertEq(DID.readAttribute(MACHINE, "machineId").value.length, 0);
    }

    /// @dev Expiry is never enforced, as on the chain.
    function test_an_expired_attribute_is_still_read_and_written() external {
        vm.startPrank(MACHINE);
        DID.addAttribute(MACHINE, "n", "v", 1);
        vm.roll(block.number + 100);
        vm.assertEq(DID.readAttribute(MACHINE, "n").value, bytes("v"));
        DID.updateAttribute(MACHINE, "n", "w", 1);
    }

    function test_dispatch_failures_have_the_chains_text() external {
        vm.startPrank(MACHINE);
        vm.expectRevert(_failure("5", "AttributeAuthorizationFailed"));
        DID.updateAttribute(MACHINE, "n", "v", 0);
        vm.expectRevert(_failure("5", "AttributeAuthorizationFailed"));
        DID.removeAttribute(MACHINE, "n");
        DID.addAttribute(MACHINE, "n", "v", 0);
        vm.expectRevert(_failure("1", "AttributeAlreadyExist"));
        DID.addAttribute(MACHINE, "n", "v", 0);
        vm.expectRevert(_failure("4", "AttributeNotFound"));
        DID.updateAttribute(MACHINE, "other", "v", 0);
        vm.expectRevert(_failure("4", "AttributeNotFound"));
        DID.removeAttribute(MACHINE, "other");
        vm.roll(10);
        vm.expectRevert(_failure("6", "MaxBlockNumberExceeded"));
        DID.addAttribute(MACHINE, "late", "v", type(uint32).max);
    }

    function test_sizes() external {
        vm.startPrank(MACHINE);
        DID.addAttribute(MACHINE, new bytes(64), new bytes(2560), 0);
        vm.assertEq(DID.readAttribute(MACHINE, new bytes(64)).value.length, 2560);
        vm.expectRevert(_text("Name too long"));
        DID.addAttribute(MACHINE, new bytes(65), "v", 0);
        vm.expectRevert(_text("Value too long"));
        DID.addAttribute(MACHINE, "n", new bytes(2561), 0);
        vm.expectRevert(_text("Name too long"));
        DID.updateAttribute(MACHINE, new bytes(65), "v", 0);
        vm.expectRevert(_text("Name too long"));
        DID.removeAttribute(MACHINE, new bytes(65));
    }

    function test_only_the_account_itself_writes_by_default() external {
        vm.prank(STRANGER);
        vm.expectRevert(_failure("5", "AttributeAuthorizationFailed"));
        DID.addAttribute(MACHINE, "n", "v", 0);
    }

    function test_with_the_switch_anybody_adds_and_stays_a_writer() external {
        vm.store(address(DID), 0, bytes32(uint256(1)));
        vm.prank(MACHINE);
        DID.addAttribute(MACHINE, "own", "v", 0);
        vm.startPrank(STRANGER);
        vm.expectRevert(_failure("5", "AttributeAuthorizationFailed"));
        DID.updateAttribute(MACHINE, "own", "hacked", 0);
        vm.expectEmit(address(DID));
        emit IDID.AddAttribute(STRANGER, MACHINE, "n", "v", 0);
        DID.addAttribute(MACHINE, "n", "v", 0);
        DID.removeAttribute(MACHINE, "n");
        DID.updateAttribute(MACHINE, "own", "w", 0);
        vm.assertEq(DID.readAttribute(MACHINE, "own").value, bytes("w"));
    }

    function test_both_spellings() external {
        vm.startPrank(MACHINE);
        _call(abi.encodeWithSignature("add_attribute(address,bytes,bytes,uint32)", MACHINE, bytes("n"), bytes("v"), 0));
        _call(
            abi.encodeWithSignature("update_attribute(address,bytes,bytes,uint32)", MACHINE, bytes("n"), bytes("w"), 0)
        );
        bytes memory answer = _call(abi.encodeWithSignature("read_attribute(address,bytes)", MACHINE, bytes("n")));
        vm.assertEq(abi.decode(answer, (IDID.Attribute)).value, bytes("w"));
        _call(abi.encodeWithSignature("remove_attribute(address,bytes)", MACHINE, bytes("n")));
    }

    function test_refusals_have_the_chains_text() external {
        vm.startPrank(MACHINE);
        (bool ok, bytes memory answer) = address(DID).call{value: 1}(abi.encodeCall(IDID.readAttribute, (MACHINE, "n")));
        vm.assertEq(ok, false);
        vm.assertEq(answer, _text("Function is not payable"));
        (ok, answer) = address(DID).call(hex"12345678");
        vm.assertEq(answer, _text("Unknown selector"));
        DIDCaller caller = new DIDCaller();
        (ok, answer) = caller.staticAdd(address(DID));
        vm.assertEq(answer, _text("Can't call non-static function in static context"));
        (ok, answer) = caller.delegated(address(DID));
        vm.assertEq(answer, _text("DID stand-in: DELEGATECALL is not supported here"));
    }

    function _call(bytes memory data) private returns (bytes memory) {
        (bool ok, bytes memory answer) = address(DID).call(data);
        vm.assertEq(ok, true);
        return answer;
    }

    function _failure(string memory number, string memory name) private pure returns (bytes memory) {
        return _text(string.concat(FAILED, number, ', 0, 0, 0], message: Some("', name, '") })'));
    }
}
