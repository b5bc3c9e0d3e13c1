// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {AdminFlags} from "../src/AdminFlags.sol";
import {Test} from "./Base.sol";

/// @notice Guarantees: only the owner marks machines, the two marks do not disturb each other, values stay in range.
contract AdminFlagsTest is Test {
    address private constant ADMIN = address(0xAD);
    uint256 private constant NOW = 1_790_000_000;
    AdminFlags private flags;

    function setUp() external {
        vm.warp(NOW);
        flags = new AdminFlags(ADMIN);
    }

    function testFuzz_flag_and_override_are_independent(uint256 id, uint256 value) external {
        value = _bound(value, 0, 25);
        vm.startPrank(ADMIN);
        vm.expectEmit(address(flags));
        emit AdminFlags.MachineFlagged(id, NOW);
        flags.flagMachine(id);
        vm.expectEmit(address(flags));
        emit AdminFlags.TrustOverrideSet(id, value, NOW);
        flags.setTrustOverride(id, value);
        _assertMarks(id, NOW, true, value);
        vm.expectEmit(address(flags));
        emit AdminFlags.FlagCleared(id, NOW);
        flags.clearFlag(id);
        _assertMarks(id, 0, true, value);
        flags.flagMachine(id);
        vm.expectEmit(address(flags));
        emit AdminFlags.TrustOverrideCleared(id, NOW);
        flags.clearTrustOverride(id);
        _assertMarks(id, NOW, false, 0);
    }

    function test_flagging_again_starts_the_time_anew() external {
        vm.startPrank(ADMIN);
        flags.flagMachine(1);
        vm.warp(NOW + 5);
        flags.flagMachine(1);
        _assertMarks(1, NOW + 5, false, 0);
        _assertMarks(2, 0, false, 0);
    }

    function testFuzz_an_override_is_at_most_25(uint256 value) external {
        value = _bound(value, 26, type(uint256).max - 1);
        vm.prank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(AdminFlags.InvalidTrustOverride.selector, value));
        flags.setTrustOverride(1, value);
        vm.assertEq(flags.MAX_TRUST_OVERRIDE(), 25);
    }

    function testFuzz_only_the_owner(address caller) external {
        vm.assume(caller != ADMIN);
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller);
        vm.startPrank(caller);
        vm.expectRevert(refusal);
        flags.flagMachine(1);
        vm.expectRevert(refusal);
        flags.clearFlag(1);
        vm.expectRevert(refusal);
        flags.setTrustOverride(1, 1);
        vm.expectRevert(refusal);
        flags.clearTrustOverride(1);
    }

    function _assertMarks(uint256 id, uint256 flaggedAt, bool isSet, uint256 overrideValue) private view {
        (bool set, uint256 value) = flags.trustOverrideOf(id);
        vm.assertEq(flags.flaggedAt(id), flaggedAt);
        vm.assertEq(set, isSet);
        vm.assertEq(value, overrideValue);
    }
}
